#include "tester/instance.hpp"

#include <algorithm>
#include <utility>

namespace corka::tester_parts {

life::life(std::shared_ptr<async::virtual_thread> threads, std::shared_ptr<uplink> by,
           std::shared_ptr<runtime_core> core)
    : threads_{std::move(threads)}, by_{std::move(by)}, on_{std::make_unique<runtime>(std::move(core))} {}

life::~life() { drop(); }

task<> life::serve(life& in, served& one) {
  try {
    co_await one.what->run(*in.on_);
  } catch (const std::exception& e) {
    one.failure = std::current_exception();
    one.why = e.what();
  } catch (...) {
    one.failure = std::current_exception();
    one.why = "an exception that is no std::exception";
  }
  one.ended = true;
  if (one.failure) in.by_->tell("a service has failed: " + one.why);
}

void life::run(std::shared_ptr<service> what) {
  services_.push_back(std::make_unique<served>());
  services_.back()->what = std::move(what);
  threads_->start(serve(*this, *services_.back()));
}

void life::stop() noexcept {
  for (const auto& s : services_) {
    if (!s->ended) s->what->stop();
  }
}

bool life::ended() const noexcept {
  return std::ranges::all_of(services_, [](const auto& s) { return s->ended; });
}

void life::doom() noexcept {
  by_->severed = true;
  threads_->end();
}

void life::drop() {
  doom();
  threads_->drop_all();
  services_.clear();
  on_.reset();
}

}  // namespace corka::tester_parts
