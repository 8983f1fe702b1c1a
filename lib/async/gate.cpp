#include "async/gate.hpp"

namespace corka::async {

gate::pass gate::enter() {
  if (closed_) return {};
  ++inside_;
  empty_.reset();
  return pass{this};
}

void gate::leave() {
  if (--inside_ == 0) empty_.set();
}

task<> gate::close() {
  closed_ = true;
  return empty_.wait();
}

}  // namespace corka::async
