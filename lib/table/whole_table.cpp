// A whole table's life: opening, following, growing, closing.
#include "table/whole_table.hpp"

#include "async/backoff.hpp"
#include "async/timer.hpp"

#include <corka/error.hpp>

#include <fmt/format.h>
#include <boost/asio/post.hpp>
#include <boost/asio/this_coro.hpp>

#include <algorithm>
#include <utility>

namespace corka::tables {

namespace {

using std::chrono::milliseconds;

/// How often the cluster is asked: while all is well, and while it is not.
constexpr milliseconds quiet_interval{3'000};
constexpr milliseconds worried_interval{500};
/// Without an answer for this long the cluster counts as lost.
constexpr milliseconds patience{2'000};

bool passes_by_itself(errc why) { return why == errc::broker_unavailable || why == errc::timed_out; }

}  // namespace

std::int32_t partitions_in(const std::filesystem::path& folder) {
  std::int32_t n = 0;
  std::error_code unreadable;
  while (std::filesystem::is_directory(folder / std::to_string(n), unreadable)) ++n;
  return n;
}

whole_table::whole_table(table_surroundings with, topic_name topic, partitioner by, std::string codec,
                         whole_table_options options, table_listener* listener)
    : with_{std::move(with)},
      topic_{std::move(topic)},
      by_{by},
      codec_{std::move(codec)},
      options_{std::move(options)},
      listener_{listener},
      log_{with_.log},
      scattered_{with_.folder, topic_, by_, log_} {
  options_.following.state_changed = &changed_;
}

whole_table::~whole_table() = default;

task<> whole_table::run() {
  const auto self = shared_from_this();
  // Ends by `stop` only: a cancelled coroutine could not await the end of its partitions.
  co_await boost::asio::this_coro::reset_cancellation_state(boost::asio::disable_cancellation());
  control_ = co_await boost::asio::this_coro::executor;
  bool wanted = false;
  {
    const std::lock_guard lock{mutex_};
    ending_.emplace(control_);
    wanted = !stopped_;
    running_ = wanted;
    started_ = with_.threads->time().now();
  }
  work_.emplace(control_);
  followers_.emplace(control_);
  answers_.emplace(control_);
  work_->on_failure([this] {
    work_failed_ = true;
    ending_->notify();
  });
  if (wanted) work_->spawn(work());
  const auto goes_on = [this] {
    const std::lock_guard lock{mutex_};
    return !stopped_ && !work_failed_ && !failure_;
  };
  while (goes_on()) co_await ending_->wait();
  co_await shut_down();
  // Who still waits may keep this longer than the runtime lives.
  with_.admin.reset();
  with_.reader.reset();
  {
    const std::lock_guard lock{mutex_};
    running_ = false;
    ended_ = true;
    failed_ = failure_ != nullptr;
    parts_ = std::make_shared<const parts>();
  }
  changed_.wake_all();
  if (failure_) std::rethrow_exception(failure_);
}

void whole_table::stop() noexcept {
  const std::lock_guard lock{mutex_};
  stopped_ = true;
  if (ending_) ending_->notify();
}

task<> whole_table::work() {
  work_->spawn(watch_patience());
  if (options_.stale_reads) co_await open_what_is_there();
  co_await connect();
  co_await watch_cluster();
}

// What an earlier run left is served before the cluster has said anything.
task<> whole_table::open_what_is_there() {
  const auto count = [this] {
    scattered_.recall();
    return partitions_in(with_.folder);
  };
  const auto found = co_await async::blocking(*with_.threads, count);
  if (found > 0) partitions_ = found;
  for (std::int32_t p = 0; p < found; ++p) co_await open_part(p);
  publish(std::exchange(aside_, {}));
}

task<> whole_table::connect() {
  async::backoff wait{milliseconds{100}, milliseconds{5'000}};
  while (true) {
    std::string why;
    try {
      std::vector<topic_name> names{topic_};
      const auto found = co_await with_.admin->describe(std::move(names));
      if (!found.front().exists) {
        throw error{errc::topic_unknown,
                    fmt::format("table '{}' does not exist yet: start the group that writes it, create "
                                "the topic, or correct its name",
                                topic_.str())};
      }
      topic_is(found.front().id);
      partitions_ = found.front().partitions;
      co_await learn_how_long_erasures_are_kept();
      if (static_cast<std::int32_t>(present()->size()) > found.front().partitions)
        co_await shrink(found.front().partitions);
      co_await grow(found.front().partitions);
      break;
    } catch (const error& e) {
      // Whoever makes the topic may start at the same time as we do.
      if (!passes_by_itself(e.kind()) && e.kind() != errc::topic_unknown) throw;
      why = e.what();
    }
    if (wait.tries() == 0) log_.warn(fmt::format("table '{}': waiting for the cluster: {}", topic_.str(), why));
    heard(false, std::move(why));
    co_await async::sleep_for(with_.threads->time(), wait.next());
  }
  heard(true, {});
}

task<> whole_table::learn_how_long_erasures_are_kept() {
  const auto kept = co_await erasures_kept_by(*with_.admin, std::vector<topic_name>(1, topic_));
  erasures_kept_ = kept.front();
}

// Opens the partitions that are missing, and follows all that are not followed yet.
task<> whole_table::grow(std::int32_t partitions) {
  const auto all_numbers = numbered(0, partitions);
  const auto ranges = co_await with_.admin->offsets(all_numbers);
  auto had = static_cast<std::int32_t>(present()->size());
  const auto look = [this, &had] {
    scattered_.recall();
    if (had == 0) had = partitions_in(with_.folder);
  };
  co_await async::blocking(*with_.threads, look);
  for (auto p = static_cast<std::int32_t>(present()->size()); p < partitions; ++p) co_await open_part(p);
  auto all = *present();
  for (auto& opened : std::exchange(aside_, {})) all.push_back(std::move(opened));
  const auto first = all.front().store->is_copy_of();
  if (had > 0 && had < partitions && first && first->topic_id == topic_id_) {
    scattered_.set(fmt::format("it has {} partitions now, it had {}", partitions, had));
  }
  publish(all);
  for (std::size_t p = 0; p < all.size(); ++p) {
    if (std::exchange(all[p].runs->started, true)) continue;
    followers_->spawn(run_part(all[p], {topic_id_, ranges[p], erasures_kept_}));
  }
}

// Into `aside_`: a table that is cut off while it grows is not seen half grown, and `shut_down` closes what is there.
task<> whole_table::open_part(std::int32_t number) {
  const auto folder = with_.folder / std::to_string(number);
  const topic_partition where{topic_, partition_id{number}};
  const auto open = [this, &folder] { return with_.stores->open(folder); };
  auto opened = co_await async::blocking(*with_.threads, open);
  if (!opened.why_dropped.empty()) {
    log_.warn(fmt::format("{}: local copy dropped, it will be read from the topic again: {}", to_string(where),
                          opened.why_dropped));
  }
  part made;
  made.store = std::move(opened.store);
  const store::identity of{topic_.str(), {}, number, codec_};
  const auto there = made.store->is_copy_of();
  made.readable_at_once = there && there->topic == of.topic && there->partition == number &&
                          there->codec == copied_as(codec_, options_.following.recovery.update);
  const auto worker = with_.next_worker->fetch_add(1) % with_.threads->workers();
  const auto strand = with_.threads->worker(worker);
  auto following = options_.following;
  following.recovery.look = [this, number](std::string_view key) {
    return scattered_.belongs(key, number, partitions_);
  };
  auto ask = [this](topic_partition tp) { return async::run_on(control_, ask_about(std::move(tp))); };
  made.follower = std::make_shared<table_follower>(*with_.threads, strand, *with_.reader, *made.store, of,
                                                   std::move(ask), log_, std::move(following), listener_);
  made.runs = std::make_shared<life>(control_);
  aside_.push_back(std::move(made));
}

task<> whole_table::run_part(part p, changelog_now known) {
  std::exception_ptr why;
  try {
    co_await async::run_on(p.follower->strand(), p.follower->run(std::move(known)));
  } catch (...) { why = std::current_exception(); }
  p.runs->ended.set();
  if (!why || closing_) co_return;
  {
    const std::lock_guard lock{mutex_};
    if (!failure_) failure_ = why;
  }
  ending_->notify();
}

// A follower's question; answered within `answers_`, so that a request that hangs does not hold up the end.
task<changelog_now> whole_table::ask_about(topic_partition of) {
  std::optional<changelog_now> found;
  std::exception_ptr failed;
  async::event done{control_};
  if (closing_) throw error{errc::stopped, "the table is being closed"};
  answers_->spawn(answer(std::move(of), found, failed, done));
  co_await done.wait();
  if (failed) std::rethrow_exception(failed);
  co_return std::move(*found);
}

task<> whole_table::answer(topic_partition of, std::optional<changelog_now>& found, std::exception_ptr& failed,
                           async::event& done) {
  try {
    std::vector<topic_name> names{of.topic};
    const auto described = co_await with_.admin->describe(std::move(names));
    if (!described.front().exists) {
      throw error{errc::topic_unknown, fmt::format("table '{}' does not exist any more", of.topic.str()), of};
    }
    partitions_ = described.front().partitions;
    co_await learn_how_long_erasures_are_kept();
    std::vector<topic_partition> one{of};
    const auto range = co_await with_.admin->offsets(std::move(one));
    found = changelog_now{described.front().id, range.front(), erasures_kept_};
  } catch (...) { failed = std::current_exception(); }
  done.set();
}

task<> whole_table::watch_cluster() {
  while (true) {
    co_await async::sleep_for(with_.threads->time(), connected_ ? quiet_interval : worried_interval);
    std::string why;
    try {
      asking_ = true;
      asked_at_ = with_.threads->time().now();
      co_await ask_cluster();
    } catch (const error& e) {
      if (!passes_by_itself(e.kind()) && e.kind() != errc::topic_unknown) throw;
      why = e.what();
    }
    asking_ = false;
    heard(why.empty(), why);
  }
}

task<> whole_table::ask_cluster() {
  std::vector<topic_name> names{topic_};
  const auto found = co_await with_.admin->describe(std::move(names));
  const auto& topic = found.front();
  if (!topic.exists) {
    throw error{errc::topic_unknown, fmt::format("table '{}' was deleted: its rows stay as they are until it is made "
                                                 "again",
                                                 topic_.str())};
  }
  const bool renewed = topic.id != topic_id_;
  topic_is(topic.id);
  partitions_ = topic.partitions;
  const auto have = static_cast<std::int32_t>(present()->size());
  if (topic.partitions > have) {
    log_.warn(fmt::format("table '{}' has {} partitions now, it had {}: the new ones are followed too", topic_.str(),
                          topic.partitions, have));
    co_await grow(topic.partitions);
  } else if (topic.partitions < have && renewed) {
    log_.warn(
        fmt::format("table '{}' was made again with {} partitions, it had {}", topic_.str(), topic.partitions, have));
    co_await shrink(topic.partitions);
  }
  const auto ranges = co_await with_.admin->offsets(numbered(0, topic.partitions));
  const auto all = present();
  for (std::size_t p = 0; p < std::min(all->size(), ranges.size()); ++p) {
    const auto& follower = (*all)[p].follower;
    boost::asio::post(follower->strand(),
                      [follower, now = changelog_now{topic.id, ranges[p]}] { follower->cluster_says(now); });
  }
}

// A request that hangs says nothing: this does.
task<> whole_table::watch_patience() {
  auto& time = with_.threads->time();
  while (true) {
    co_await async::sleep_for(time, worried_interval);
    if (asking_ && time.now() - asked_at_ >= patience) heard(false, "no broker answers");
  }
}

task<> whole_table::shrink(std::int32_t partitions) {
  auto all = *present();
  aside_.assign(all.begin() + partitions, all.end());
  all.resize(static_cast<std::size_t>(partitions));
  publish(std::move(all));
  while (!aside_.empty()) {
    const auto p = aside_.back();
    boost::asio::post(p.follower->strand(), [f = p.follower] { f->stop(); });
    if (p.runs->started) co_await p.runs->ended.wait();
    const auto clear = [&p] { p.store->clear(); };
    co_await async::blocking(*with_.threads, clear);
    co_await close_store(p.follower->where(), p.store);
    aside_.pop_back();
  }
}

task<> whole_table::shut_down() {
  closing_ = true;
  work_->cancel();
  try {
    co_await work_->join();
  } catch (...) {
    const std::lock_guard lock{mutex_};
    if (!failure_) failure_ = std::current_exception();
  }
  auto all = *present();
  all.insert(all.end(), aside_.begin(), aside_.end());
  aside_.clear();
  for (const auto& p : all) boost::asio::post(p.follower->strand(), [f = p.follower] { f->stop(); });
  answers_->cancel();
  co_await followers_->join();
  co_await answers_->join();
  for (const auto& p : all) co_await close_store(p.follower->where(), p.store);
}

task<> whole_table::close_store(topic_partition of, std::shared_ptr<store::table_store> store) {
  const auto close = [&store] { store->close(); };
  try {
    co_await async::blocking(*with_.threads, close);
  } catch (const std::exception& e) {
    log_.warn(fmt::format("{}: local copy not closed cleanly: {}", to_string(of), e.what()));
  }
}

void whole_table::topic_is(const std::string& id) {
  topic_id_ = id;
  scattered_.topic_is(id);
}

void whole_table::publish(parts all) {
  {
    const std::lock_guard lock{mutex_};
    parts_ = std::make_shared<const parts>(std::move(all));
  }
  changed_.wake_all();
}

void whole_table::heard(bool connected, std::string reason) {
  {
    const std::lock_guard lock{mutex_};
    ever_connected_ = ever_connected_ || connected;
    reason_ = connected ? std::string{} : reason;
    if (connected_ == connected) return;
    connected_ = connected;
  }
  if (connected) log_.info(fmt::format("table '{}': connected", topic_.str()));
  else log_.warn(fmt::format("table '{}': disconnected: {}; its rows can be read meanwhile", topic_.str(), reason));
  changed_.wake_all();
}

std::vector<topic_partition> whole_table::numbered(std::int32_t from, std::int32_t to) const {
  std::vector<topic_partition> all;
  for (auto p = from; p < to; ++p) all.push_back({topic_, partition_id{p}});
  return all;
}

}  // namespace corka::tables
