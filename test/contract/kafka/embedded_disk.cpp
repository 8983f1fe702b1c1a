// The transport contract on the embedded broker, on disk.
#include "contract/kafka/embedded_transport.hpp"
#include "support/temporary_folder.hpp"

namespace corka::test {

namespace {

class transport_in_folder final : public transport_fixture {
 public:
  transport_in_folder() : on_{options()} {}

  kafka::cluster& cluster() override { return on_.cluster(); }
  executor control() override { return on_.control(); }
  clock& time() override { return on_.time(); }
  void run(task<> t) override { on_.run(std::move(t)); }
  void start(task<> t) override { on_.start(std::move(t)); }
  bool eventually(std::function<bool()> is_so, std::chrono::milliseconds patience) override {
    return on_.eventually(std::move(is_so), patience);
  }
  bool compact(const topic_name& topic) override { return on_.compact(topic); }
  void kill(std::unique_ptr<kafka::member> m) override { on_.kill(std::move(m)); }
  std::chrono::milliseconds shortest_session() const override { return on_.shortest_session(); }
  std::string unique(const std::string& stem) override { return on_.unique(stem); }

 private:
  kafka::embedded::broker_options options() const {
    kafka::embedded::broker_options o;
    o.directory = folder_.path();
    return o;
  }
  temporary_folder folder_;
  embedded_transport on_;
};

}  // namespace

std::unique_ptr<transport_fixture> make_transport() { return std::make_unique<transport_in_folder>(); }

}  // namespace corka::test
