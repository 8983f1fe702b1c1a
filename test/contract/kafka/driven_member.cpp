#include "contract/kafka/driven_member.hpp"

#include <doctest/doctest.h>

#include <utility>

namespace corka::test {

void ownership::taken(const std::string& member, const std::vector<partition_id>& partitions) {
  for (const auto p : partitions) {
    const auto there = owner_.find(p.value);
    CHECK_MESSAGE((there == owner_.end() || two_allowed_),
                  "partition " << p.value << " goes to " << member << " while " << there->second << " has it");
    owner_[p.value] = member;
    auto& last = last_owner_[p.value];
    if (std::exchange(last, member) != member) ++moves_;
  }
}

void ownership::given_back(const std::string& member, const std::vector<partition_id>& partitions) {
  for (const auto p : partitions) {
    if (const auto at = owner_.find(p.value); at != owner_.end() && at->second == member) owner_.erase(at);
  }
}

void ownership::dead(const std::string& member) {
  std::erase_if(owner_, [&](const auto& o) { return o.second == member; });
}

std::set<std::int32_t> ownership::of(const std::string& member) const {
  std::set<std::int32_t> own;
  for (const auto& [p, m] : owner_) {
    if (m == member) own.insert(p);
  }
  return own;
}

namespace {

std::string written(const std::string& sign, const std::vector<partition_id>& partitions) {
  std::string line;
  for (const auto p : std::set<partition_id>{partitions.begin(), partitions.end()}) {
    line += (line.empty() ? "" : " ") + sign + std::to_string(p.value);
  }
  return line;
}

}  // namespace

driven_member::driven_member(transport_user& u, ownership& book, std::string name, kafka::member_options options)
    : u_{u}, book_{book}, name_{std::move(name)}, options_{std::move(options)} {
  options_.client_id = name_;
  member_ = u_.cluster().join(options_, u_.fixture->control());
  u_.fixture->start(drive(this, state_));
}

driven_member::~driven_member() {
  if (member_) close();
}

task<> driven_member::drive(driven_member* self, std::shared_ptr<state> s) {
  try {
    while (true) {
      const auto event = co_await self->member_->next();
      if (const auto* e = std::get_if<kafka::assigned>(&event); e != nullptr) {
        s->history.push_back(written("+", e->partitions));
        self->book_.taken(self->name_, e->partitions);
        std::vector<kafka::position> starts;
        for (const auto p : e->partitions) {
          starts.push_back({{self->options_.driver, p}, offset{0}});
          for (const auto& t : self->options_.beside) starts.push_back({{t, p}, offset{0}});
        }
        self->member_->accept(*e, starts);
      } else if (const auto* r = std::get_if<kafka::revoked>(&event); r != nullptr) {
        s->history.push_back(written("-", r->partitions));
        if (s->holding) {
          s->held_back = r->partitions;
        } else {
          self->give_back(r->partitions);
        }
      } else if (const auto* l = std::get_if<kafka::lost>(&event); l != nullptr) {
        s->history.push_back(written("lost ", l->partitions));
        self->give_back(l->partitions);
      } else if (const auto* c = std::get_if<kafka::connection_changed>(&event); c != nullptr) {
        s->connected = c->connected;
      }
    }
  } catch (const error& e) { s->ended = e.kind(); } catch (const std::exception&) {
    // Cancelled with the fixture.
  }
  s->loop_done = true;
}

void driven_member::give_back(const std::vector<partition_id>& partitions) {
  book_.given_back(name_, partitions);
  member_->release(partitions);
}

void driven_member::let_go() {
  state_->holding = false;
  if (const auto held = std::exchange(state_->held_back, std::nullopt); held) give_back(*held);
}

std::error_code driven_member::commit(const topic_name& topic, std::int32_t partition, std::int64_t next) {
  std::vector<kafka::position> positions{{{topic, partition_id{partition}}, offset{next}}};
  return u_.run(member_->commit(std::move(positions)));
}

std::optional<std::int64_t> driven_member::committed(const topic_name& topic, std::int32_t partition) {
  std::vector<topic_partition> of{{topic, partition_id{partition}}};
  const auto found = u_.run(member_->committed(std::move(of)));
  REQUIRE(found.size() == 1);
  if (!found.front()) return std::nullopt;
  return found.front()->value;
}

void driven_member::close() {
  // Whoever closes has given back everything before.
  book_.dead(name_);
  u_.run(member_->close(u_.in(std::chrono::seconds{10})));
  CHECK(u_.fixture->eventually([&] { return state_->loop_done; }));
  member_.reset();
}

void driven_member::kill() {
  book_.dead(name_);
  u_.fixture->kill(std::move(member_));
  CHECK(u_.fixture->eventually([&] { return state_->loop_done; }));
}

}  // namespace corka::test
