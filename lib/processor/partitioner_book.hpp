// Which partitioner each topic has in this process.
#pragma once

#include <corka/ids.hpp>
#include <corka/partitioner.hpp>

#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

namespace corka {

/// Everything that runs says by which function its topics are partitioned; two that differ would look for a key, or put
/// it, in different partitions.
///
/// Life: shared with its entries, which suspended coroutines may keep for longer than the runtime. Threads: any.
class partitioner_book {
 public:
  using topics = std::vector<std::pair<topic_name, partitioner>>;

  /// What one service uses, until it is destroyed.
  class entry {
   public:
    /// `who`: "group 'clickers'".
    /// @throws error{errc::invalid_declaration} where something that runs uses a topic by another function.
    entry(std::shared_ptr<partitioner_book> in, topics used, const std::string& who)
        : in_{std::move(in)}, used_{std::move(used)} {
      in_->write(used_, who);
    }
    /// Of one topic.
    entry(std::shared_ptr<partitioner_book> in, topic_name topic, const partitioner& by, const std::string& who)
        : entry{std::move(in), topics(1, {std::move(topic), by}), who} {}
    entry(const entry&) = delete;
    entry& operator=(const entry&) = delete;
    ~entry() { in_->erase(used_); }

   private:
    std::shared_ptr<partitioner_book> in_;
    topics used_;
  };

 private:
  void write(const topics& used, const std::string& who);
  struct line {
    partitioner by;
    std::string who;  ///< the first one
    int users = 0;
  };
  void erase(const topics& written);

  std::mutex mutex_;
  std::map<topic_name, line> lines_;
};

}  // namespace corka
