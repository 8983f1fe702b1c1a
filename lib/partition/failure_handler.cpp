#include "partition/failure_handler.hpp"

#include "base/excerpt.hpp"

#include <fmt/format.h>
#include <boost/asio/this_coro.hpp>

#include <string>

namespace corka::partition {

namespace {

struct reason {
  errc kind = errc::callback_failed;
  std::string text;
};

reason reason_of(const std::exception_ptr& why) {
  try {
    std::rethrow_exception(why);
  } catch (const error& e) { return {e.kind(), e.what()}; } catch (const std::exception& e) {
    return {errc::callback_failed, e.what()};
  } catch (...) { return {errc::callback_failed, "it threw something that is no std::exception"}; }
}

}  // namespace

task<bool> failure_handler::resolve(record_scope& scope, std::exception_ptr why) {
  const auto cancellation = co_await boost::asio::this_coro::cancellation_state;
  if (cancellation.cancelled() != boost::asio::cancellation_type::none) std::rethrow_exception(why);
  const auto& r = *scope.record;
  const auto failed = reason_of(why);
  const topic_partition where{*scope.topic, parts_.number};
  throw error{
      failed.kind,
      fmt::format("group '{}', {}@{}, key {}: {}; nothing is committed past this record: mend the callback or the "
                  "record's producer and start again",
                  parts_.env.group->name.str(), to_string(where), r.at.value, excerpt(r.key, 80), failed.text),
      where, r.at};
}

}  // namespace corka::partition
