#include <corka/ids.hpp>

namespace corka {

std::string to_string(const topic_partition& tp) { return tp.topic.str() + '/' + std::to_string(tp.partition.value); }

}  // namespace corka
