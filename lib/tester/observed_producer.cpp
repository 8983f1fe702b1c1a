#include "tester/observed_producer.hpp"

#include "base/excerpt.hpp"

#include <fmt/format.h>
#include <boost/asio/post.hpp>

#include <cstddef>

namespace corka::tester_parts {

/// Stands before the sink of who sends.
class observed_producer::counted_sink final : public kafka::delivery_sink {
 public:
  counted_sink(std::shared_ptr<kafka::delivery_sink> of, std::shared_ptr<uplink> by)
      : of_{std::move(of)}, by_{std::move(by)} {}
  ~counted_sink() override { by_->in_flight -= under_way_; }

  void sent() {
    ++under_way_;
    ++by_->in_flight;
  }
  void delivered(std::span<const kafka::delivery_report> reports) noexcept override {
    under_way_ -= reports.size();
    by_->in_flight -= reports.size();
    if (!by_->severed) of_->delivered(reports);
  }

 private:
  std::shared_ptr<kafka::delivery_sink> of_;
  std::shared_ptr<uplink> by_;
  std::size_t under_way_ = 0;
};

kafka::sink_id observed_producer::attach(std::shared_ptr<kafka::delivery_sink> sink) {
  auto counted = std::make_shared<counted_sink>(std::move(sink), by_);
  const auto id = of_->attach(counted);
  sinks_[id] = std::move(counted);
  return id;
}

void observed_producer::detach(kafka::sink_id id) noexcept {
  sinks_.erase(id);
  of_->detach(id);
}

void observed_producer::send(const kafka::output_topic& to, const kafka::outgoing& what, kafka::sink_id sink,
                             std::uint64_t tag) {
  if (by_->severed) return;
  const auto from = sinks_.find(sink);
  if (from != sinks_.end()) from->second->sent();
  const auto failed = by_->faults.take(to.topic());
  by_->tell(fmt::format("writes {}/{} {} = {}{}", to.topic().str(), what.partition.value, excerpt(what.key, 40),
                        what.tombstone ? std::string{"tombstone"} : excerpt(what.value, 60),
                        failed ? ", which is to fail: " + failed.message() : std::string{}));
  if (!failed) return of_->send(to, what, sink, tag);
  if (from == sinks_.end()) return;
  // In a turn of its own, as reports come.
  boost::asio::post(control_, [to_sink = from->second, tag, failed] {
    const kafka::delivery_report report{tag, {}, failed};
    to_sink->delivered({&report, 1});
  });
}

}  // namespace corka::tester_parts
