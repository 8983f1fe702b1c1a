// What stands behind a tester: a lab, its topics, and which instance runs what.
#pragma once

#include "tester/lab.hpp"
#include "tester/topic_board.hpp"

#include <corka/tester.hpp>

#include <chrono>
#include <cstddef>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace corka::tester_parts {

/// Threads: one. Errors: tester_failure.
class engine final : public detail::tester_core {
 public:
  /// @throws error{errc::invalid_option}.
  explicit engine(tester_options options);

  void need_topics(const declaration& of) override { board_.need_topics(of); }
  void need_topic(const topic_name& topic, bool compacted) override { board_.need_topic(topic, compacted); }
  void create(const topic_name& topic, std::int32_t partitions,
              const std::map<std::string, std::string>& config) override {
    board_.create(topic, partitions, config);
  }
  record_position emit(const topic_name& topic, partitioner by, bool to_table, std::string_view key,
                       std::optional<std::string_view> value, const emit_options& options) override;
  [[nodiscard]] const std::map<std::string, std::string, std::less<>>& rows(const topic_name& topic) override {
    return board_.rows(topic);
  }
  [[nodiscard]] std::optional<detail::tested_bytes> next(const topic_name& topic, std::vector<offset>& from) override {
    return board_.next(topic, from);
  }
  [[nodiscard]] std::vector<detail::tested_position> commits(const declaration& of) override {
    return board_.commits(of);
  }

  [[nodiscard]] std::size_t add(const std::string& to, making make) override;
  [[nodiscard]] service& find(std::size_t number, const std::string& on) override;
  void start(const std::string& name) override;
  void stop(const std::string& name) override;
  void kill(const std::string& name) override;
  void connect(const std::string& name, bool up) override;
  void expire_sessions(const std::string& name) override;
  void lose_copies(const std::string& name) override;
  void corrupt_copies(const std::string& name) override;
  [[nodiscard]] bool runs(const std::string& name) override { return lab_.at(name).now != nullptr; }
  void run(const std::string& on, task<> t) override;

  void settle() override;
  void advance(std::chrono::nanoseconds d) override;
  [[nodiscard]] std::chrono::system_clock::time_point now() const override;
  void set_reachable(bool reachable) override { lab_.set_reachable(reachable); }
  void fail_deliveries(const topic_name& topic, std::size_t n, std::error_code why) override;

  [[nodiscard]] std::string story() const override { return lab_.told().text(); }
  [[noreturn]] void fail(const std::string& message) const override;

 private:
  /// What an instance runs, by number; the shared program unless it has services of its own.
  [[nodiscard]] const std::vector<std::size_t>& program_of(const std::string& name) const;
  void start_what_waits();
  /// Of a life of the instance, each once.
  static void take_failures(const std::string& name, const life& of, std::vector<std::string>& into);
  void report_failures();
  [[nodiscard]] bool any_failure() const;
  [[nodiscard]] instance& running(const std::string& name);
  [[nodiscard]] instance& resting(const std::string& name);
  [[nodiscard]] const std::string* holder_of(const topic_name& table) const;

  tester_options options_;
  lab lab_;
  topic_board board_;
  std::vector<making> services_;  // by number
  std::vector<std::size_t> shared_;
  std::map<std::string, std::vector<std::size_t>> own_;
  std::vector<std::string> waiting_;  // instances with services of their own that were never started
  bool shared_started_ = false;
};

}  // namespace corka::tester_parts
