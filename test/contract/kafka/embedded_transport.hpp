// The embedded broker under the contract, on virtual time.
#pragma once

#include "contract/kafka/transport_fixture.hpp"

#include "async/virtual_execution.hpp"
#include "kafka/embedded/broker.hpp"

#include <memory>
#include <string>
#include <utility>

namespace corka::test {

class embedded_transport final : public transport_fixture {
 public:
  explicit embedded_transport(kafka::embedded::broker_options options) {
    options.maintenance_interval = std::chrono::milliseconds{0};
    options.seed = 1;
    broker_ = kafka::embedded::broker::open(threads_, std::move(options));
    cluster_ = kafka::embedded::make_cluster(broker_);
  }
  ~embedded_transport() override { threads_.settle(); }

  kafka::cluster& cluster() override { return *cluster_; }
  executor control() override { return threads_.executor(); }
  clock& time() override { return threads_.time(); }
  void run(task<> t) override { threads_.run(std::move(t)); }
  void start(task<> t) override { threads_.start(std::move(t)); }
  bool eventually(std::function<bool()> is_so, std::chrono::milliseconds patience) override {
    const auto until = time().now() + patience;
    threads_.settle();
    while (!is_so()) {
      if (time().now() >= until) return false;
      threads_.advance(std::chrono::milliseconds{5});
    }
    return true;
  }
  bool compact(const topic_name&) override {
    broker_->maintain(true);
    return true;
  }
  void kill(std::unique_ptr<kafka::member> m) override { m.reset(); }
  std::chrono::milliseconds shortest_session() const override { return std::chrono::seconds{1}; }
  std::string unique(const std::string& stem) override { return stem + "-" + std::to_string(++names_); }

 private:
  async::virtual_execution threads_;
  std::shared_ptr<kafka::embedded::broker> broker_;
  std::shared_ptr<kafka::cluster> cluster_;
  int names_ = 0;
};

}  // namespace corka::test
