#include <corka/context.hpp>

namespace corka::detail {

void throw_callback_failure(std::string_view message) { throw error{errc::callback_failed, std::string{message}}; }

}  // namespace corka::detail
