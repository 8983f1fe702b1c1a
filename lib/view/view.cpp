#include <corka/view.hpp>

#include <corka/runtime.hpp>

#include "async/wake_list.hpp"
#include "processor/runtime_core.hpp"
#include "store/state_directory.hpp"
#include "table/whole_table.hpp"
#include "view/row_watch.hpp"

#include <fmt/format.h>
#include <boost/asio/this_coro.hpp>

#include <exception>
#include <mutex>
#include <optional>
#include <utility>

namespace corka::detail {

namespace {

constexpr std::size_t page_bytes = std::size_t{4} << 20U;

/// A name that no other service of the runtime has, for as long as it lives.
class claimed_name {
 public:
  /// @throws error{errc::invalid_option} where `wanted` is taken.
  claimed_name(runtime_core& in, const std::string& wanted, const topic_name& topic) : in_{in} {
    const std::lock_guard lock{in_.names_mutex};
    name_ = wanted.empty() ? "view-" + topic.str() : wanted;
    for (int n = 2; wanted.empty() && in_.names.contains(name_); ++n) name_ = fmt::format("view-{}-{}", topic.str(), n);
    if (!in_.names.insert(name_).second) {
      throw error{errc::invalid_option,
                  fmt::format("a view named '{}' runs already in this process: give this one another name", name_)};
    }
  }
  claimed_name(const claimed_name&) = delete;
  claimed_name& operator=(const claimed_name&) = delete;
  ~claimed_name() {
    const std::lock_guard lock{in_.names_mutex};
    in_.names.erase(name_);
  }
  [[nodiscard]] const std::string& str() const noexcept { return name_; }

 private:
  runtime_core& in_;
  std::string name_;
};

}  // namespace

class basic_view::impl {
 public:
  impl(topic_name t, partitioner b, std::string c, view_options o)
      : topic{std::move(t)}, by{b}, codec{std::move(c)}, options{std::move(o)} {
    if (topic.empty()) throw error{errc::invalid_option, "a view needs the name of a topic"};
    if (options.watch_rows < 1 || options.watch_rows > 1'000'000) {
      throw error{errc::invalid_option,
                  fmt::format("view_options: watch_rows is {}: 1 to 1000000 is possible", options.watch_rows)};
    }
  }

  [[nodiscard]] std::shared_ptr<tables::whole_table> running() const {
    const std::lock_guard lock{mutex};
    return table;
  }
  [[nodiscard]] std::shared_ptr<tables::whole_table> readable() const {
    auto found = running();
    if (!found) {
      throw error{errc::not_recovered,
                  fmt::format("the view of table '{}' does not run: run it, and await ready()", topic.str())};
    }
    return found;
  }

  const topic_name topic;
  const partitioner by;
  const std::string codec;
  const view_options options;
  watch_hub watches;
  mutable async::wake_list runs;  // one has begun, or ended
  mutable std::mutex mutex;       // guards what follows
  std::shared_ptr<tables::whole_table> table;
  std::string name;     // of the present or last run
  int early_stops = 0;  // stop() while nothing ran
  bool begun = false;   // a run is under way, perhaps without a table yet
  int ends = 0;         // how many runs have
  view_state ended_as = view_state::idle;
  std::string why;
};

basic_view::basic_view(topic_name topic, partitioner by, std::string codec,
                       std::function<std::string(std::string_view)> to_json, view_options options)
    : impl_{std::make_shared<impl>(std::move(topic), by, std::move(codec), std::move(options))},
      to_json_{std::move(to_json)} {}

basic_view::~basic_view() = default;

namespace {

/// One run, with everything that it opens.
task<> follow(runtime_core& core, const topic_name& topic, partitioner by, const std::string& codec,
              const view_options& options, watch_hub& watches,
              std::function<bool(const std::string& name, std::shared_ptr<tables::whole_table>)> begin) {
  const auto control = co_await boost::asio::this_coro::executor;
  const partitioner_book::entry partitioned{core.partitioners, topic, by,
                                            fmt::format("the view of table '{}'", topic.str())};
  const claimed_name name{core, options.name, topic};
  const store::state_directory folder{core.state_dir, name.str(), core.instance};
  tables::table_surroundings with;
  with.threads = core.threads.get();
  with.reader = core.cluster->reader(name.str(), control);
  with.admin = core.cluster->make_admin(control);
  with.stores = core.stores.get();
  with.folder = folder.folder_of({topic, partition_id{0}}).parent_path();
  with.next_worker = &core.next_worker;
  with.log = core.log.named(name.str());
  tables::whole_table_options following;
  following.stale_reads = options.stale_reads;
  following.following.recovery.update = options.update;
  following.following.recovery.shared = &core.recovery_memory;
  auto table = std::make_shared<tables::whole_table>(std::move(with), topic, by, codec, std::move(following), &watches);
  const bool wanted = begin(name.str(), table);
  if (wanted) co_await table->run();
}

}  // namespace

task<> basic_view::run(runtime& on) {
  const auto self = impl_;
  auto& core = on.core();
  {
    const std::lock_guard lock{self->mutex};
    if (self->begun) {
      throw error{errc::invalid_option,
                  fmt::format("the view of table '{}' is running already: run it once at a time", self->topic.str())};
    }
    self->begun = true;
    self->ended_as = view_state::idle;
    self->why.clear();
  }
  auto begin = [my = self.get()](const std::string& name, std::shared_ptr<tables::whole_table> table) {
    {
      const std::lock_guard lock{my->mutex};
      my->name = name;
      if (std::exchange(my->early_stops, 0) > 0) return false;
      my->table = std::move(table);
    }
    my->runs.wake_all();
    return true;
  };
  std::exception_ptr failure;
  std::string why;
  try {
    co_await follow(core, self->topic, self->by, self->codec, self->options, self->watches, std::move(begin));
  } catch (const std::exception& e) {
    failure = std::current_exception();
    why = e.what();
  }
  {
    const std::lock_guard lock{self->mutex};
    self->table.reset();
    self->begun = false;
    ++self->ends;
    self->ended_as = failure ? view_state::failed : view_state::idle;
    self->why = std::move(why);
  }
  self->watches.end_all();
  self->runs.wake_all();
  if (failure) std::rethrow_exception(failure);
}

void basic_view::stop() noexcept {
  const std::lock_guard lock{impl_->mutex};
  if (impl_->table) impl_->table->stop();
  else ++impl_->early_stops;
}

task<> basic_view::ready() const {
  const auto self = impl_;
  const auto here = co_await boost::asio::this_coro::executor;
  async::wake_list::place place{self->runs, here};
  std::optional<int> ends_before;
  while (true) {
    if (const auto table = self->running()) {
      co_await table->ready();
      co_return;
    }
    {
      const std::lock_guard lock{self->mutex};
      const bool failed = !self->begun && self->ended_as == view_state::failed;
      if (failed || self->ends != ends_before.value_or(self->ends)) {
        throw error{errc::stopped, fmt::format("the view of table '{}' has ended{}", self->topic.str(),
                                               self->why.empty() ? ": run it again" : ": " + self->why)};
      }
      ends_before = self->ends;
    }
    co_await place.wait();
  }
}

view_state basic_view::state() const {
  const auto table = impl_->running();
  if (table) return table->state();
  const std::lock_guard lock{impl_->mutex};
  return impl_->ended_as;
}

task<view_state> basic_view::state_after(view_state known) const {
  const auto self = impl_;
  const auto here = co_await boost::asio::this_coro::executor;
  async::wake_list::place place{self->runs, here};
  while (true) {
    const auto table = self->running();
    if (table) {
      const auto now = co_await table->state_after(known);
      co_return now;
    }
    {
      const std::lock_guard lock{self->mutex};
      if (self->ended_as != known) co_return self->ended_as;
    }
    co_await place.wait();
  }
}

view_status basic_view::status() const {
  view_status s;
  const auto table = impl_->running();
  if (table) table->fill(s);
  const std::lock_guard lock{impl_->mutex};
  s.topic = impl_->topic.str();
  s.name = !impl_->name.empty() ? impl_->name : impl_->options.name.empty() ? "view-" + s.topic : impl_->options.name;
  if (!table) {
    s.state = impl_->ended_as;
    s.reason = impl_->why;
  }
  return s;
}

bool basic_view::has(std::string_view key) const {
  return impl_->readable()->find(key, [](std::string_view) {});
}

bool basic_view::find(std::string_view key, const std::function<void(std::string_view)>& found) const {
  return impl_->readable()->find(key, found);
}

row_page basic_view::page(const key_range& which, std::size_t limit) const {
  row_page page;
  const tables::page_limit most{limit, page_bytes};
  const auto put = [&page](std::string_view key, std::string_view value) { page.rows.emplace_back(key, value); };
  const bool more = impl_->readable()->rows(which, most, put);
  if (more) page.rest = which.after(page.rows.back().first);
  return page;
}

record_position basic_view::position_of(std::string_view key) const {
  const auto table = impl_->readable();
  const auto partition = table->partition_of_key(key);
  return {partition, table->position(partition)};
}

task<> basic_view::evict(std::string key) const {
  const auto table = impl_->readable();
  co_await table->evict(std::move(key));
}

task<> basic_view::reach(at_least position) const {
  const auto table = impl_->readable();
  co_await table->applied(position.partition, position.at);
}

const topic_name& basic_view::topic() const noexcept { return impl_->topic; }

std::shared_ptr<row_watch> basic_view::watch_rows(std::string key, bool prefix) const {
  return impl_->watches.add(std::move(key), prefix, impl_->options.watch_rows);
}

task<std::optional<row_event>> basic_view::next_of(std::shared_ptr<row_watch> of) {
  return row_watch::next(std::move(of));
}

}  // namespace corka::detail
