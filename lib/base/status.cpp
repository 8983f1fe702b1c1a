#include <corka/status.hpp>

namespace corka {

std::string_view to_string(processor_state s) noexcept {
  switch (s) {
    case processor_state::idle: return "idle";
    case processor_state::starting: return "starting";
    case processor_state::running: return "running";
    case processor_state::stopping: return "stopping";
    case processor_state::failed: return "failed";
  }
  return "unknown";
}

std::string_view to_string(copy_state s) noexcept {
  switch (s) {
    case copy_state::idle: return "idle";
    case copy_state::waiting: return "waiting";
    case copy_state::recovering: return "recovering";
    case copy_state::following: return "following";
  }
  return "unknown";
}

std::string_view to_string(view_state s) noexcept {
  switch (s) {
    case view_state::idle: return "idle";
    case view_state::connecting: return "connecting";
    case view_state::recovering: return "recovering";
    case view_state::running: return "running";
    case view_state::disconnected: return "disconnected";
    case view_state::failed: return "failed";
  }
  return "unknown";
}

std::string_view to_string(partition_state s) noexcept {
  switch (s) {
    case partition_state::recovering: return "recovering";
    case partition_state::running: return "running";
    case partition_state::draining: return "draining";
    case partition_state::failed: return "failed";
  }
  return "unknown";
}

std::string_view to_string(rebalance_status::kind k) noexcept {
  switch (k) {
    case rebalance_status::kind::assigned: return "assigned";
    case rebalance_status::kind::revoked: return "revoked";
    case rebalance_status::kind::lost: return "lost";
  }
  return "";
}

std::string_view to_string(edge_status::kind k) noexcept {
  switch (k) {
    case edge_status::kind::input: return "input";
    case edge_status::kind::loop: return "loop";
    case edge_status::kind::table: return "table";
    case edge_status::kind::join: return "join";
    case edge_status::kind::lookup: return "lookup";
    case edge_status::kind::output: return "output";
    case edge_status::kind::dead_letters: return "dead_letters";
  }
  return "";
}

}  // namespace corka
