#include "query/history.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <array>
#include <cmath>
#include <iterator>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

namespace corka::query {

namespace {

using json = nlohmann::ordered_json;

enum class drawn { average, maximum };

template <class Sample>
struct field {
  std::string_view name;
  std::optional<double> Sample::* value;
  drawn together = drawn::average;
};

constexpr std::array<field<processor_sample>, 12> processor_fields{{
    {"partitions", &processor_sample::partitions},
    {"in", &processor_sample::in},
    {"in_bytes", &processor_sample::in_bytes},
    {"out", &processor_sample::out},
    {"written", &processor_sample::written},
    {"lag", &processor_sample::lag, drawn::maximum},
    {"lag_seconds", &processor_sample::lag_seconds, drawn::maximum},
    {"failed", &processor_sample::failed},
    {"dead_lettered", &processor_sample::dead_lettered},
    {"in_flight", &processor_sample::in_flight},
    {"callback_p50_us", &processor_sample::callback_p50_us},
    {"callback_p99_us", &processor_sample::callback_p99_us, drawn::maximum},
}};
constexpr std::array<field<view_sample>, 6> view_fields{{
    {"in", &view_sample::in},
    {"in_bytes", &view_sample::in_bytes},
    {"written", &view_sample::written},
    {"lag", &view_sample::lag, drawn::maximum},
    {"rows", &view_sample::rows},
    {"bytes", &view_sample::bytes},
}};

/// What is left of `v` with so many significant digits.
double rounded_to(double v, int digits) {
  if (v == 0 || !std::isfinite(v)) return v;
  const int drop = static_cast<int>(std::floor(std::log10(std::abs(v)))) + 1 - digits;
  // By whole powers of ten: those are exact, their inverses are not.
  const double unit = std::pow(10.0, std::abs(drop));
  return drop > 0 ? std::round(v / unit) * unit : std::round(v * unit) / unit;
}

template <class Sample, std::size_t N>
json object_of(const Sample& s, const std::array<field<Sample>, N>& fields) {
  json j;
  for (const auto& f : fields) j[f.name] = short_number(s.*f.value);
  return j;
}

/// One of several samples; `s` may be empty where the thing was not there.
template <class Sample>
std::optional<double> draw(const std::vector<const Sample*>& all, const field<Sample>& f) {
  double sum = 0;
  double most = 0;
  int known = 0;
  for (const auto* s : all) {
    if (s == nullptr || !(s->*f.value)) continue;
    const double v = *(s->*f.value);
    sum += v;
    most = known == 0 ? v : std::max(most, v);
    ++known;
  }
  if (known == 0) return {};
  return f.together == drawn::maximum ? most : sum / known;
}

bucket_counts buckets_of(const std::vector<const processor_sample*>& all) {
  bucket_counts sum{};
  for (const auto* s : all) {
    for (std::size_t i = 0; s != nullptr && i < sum.size(); ++i) sum[i] += s->callbacks[i];
  }
  return sum;
}

template <class Sample>
const Sample* named(const std::vector<std::pair<std::string, Sample>>& all, const std::string& name) {
  const auto at = std::ranges::find(all, name, &std::pair<std::string, Sample>::first);
  return at != all.end() ? &at->second : nullptr;
}

using steps = std::vector<std::vector<const sample*>>;

template <class Sample, std::size_t N, class Get>
json columns_of(const steps& all, const std::array<field<Sample>, N>& fields,
                const std::optional<std::vector<std::string_view>>& wanted, std::optional<int> digits, Get get,
                bool buckets = false) {
  json j = json::object();
  std::vector<field<Sample>> shown;
  for (const auto& f : fields) {
    if (wanted && std::ranges::find(*wanted, f.name) == wanted->end()) continue;
    j[f.name] = json::array();
    shown.push_back(f);
  }
  if (buckets) j["callback_buckets"] = json::array();
  for (const auto& step : all) {
    std::vector<const Sample*> of;
    for (const auto* s : step) of.push_back(get(*s));
    for (const auto& f : shown) j[f.name].push_back(short_number(draw(of, f), digits));
    if constexpr (std::is_same_v<Sample, processor_sample>) {
      if (buckets) j["callback_buckets"].push_back(packed_buckets(buckets_of(of)));
    }
  }
  return j;
}

template <class Fields>
std::vector<std::string_view> names_of(const Fields& fields) {
  std::vector<std::string_view> names;
  for (const auto& f : fields) names.push_back(f.name);
  return names;
}

/// The names that there were, in the order in which they came.
template <class List>
std::vector<std::string> names_in(const steps& all, List list) {
  std::vector<std::string> names;
  for (const auto& step : all) {
    for (const auto* s : step) {
      for (const auto& [name, unused] : s->*list) {
        if (std::ranges::find(names, name) == names.end()) names.push_back(name);
      }
    }
  }
  return names;
}

}  // namespace

json short_number(const std::optional<double>& v, std::optional<int> digits) {
  if (!v) return nullptr;
  const double fine = std::round(*v * 100) / 100;
  const double rounded = digits ? rounded_to(fine, *digits) : fine;
  if (rounded == std::floor(rounded) && std::abs(rounded) < 9e15) return static_cast<std::int64_t>(rounded);
  return rounded;
}

json packed_buckets(const bucket_counts& counts) {
  const auto some = [](std::uint64_t n) { return n > 0; };
  const auto first = std::ranges::find_if(counts, some);
  if (first == counts.end()) return nullptr;
  const auto last = std::find_if(counts.rbegin(), counts.rend(), some).base();
  auto packed = json::array({static_cast<std::uint64_t>(first - counts.begin())});
  for (auto at = first; at != last; ++at) packed.push_back(*at);
  return packed;
}

bool add_packed_buckets(bucket_counts& into, const json& packed) {
  constexpr std::uint64_t most = std::uint64_t{1} << 53U;  // more than ever happens; sums of many do not overflow
  if (packed.is_null()) return true;
  if (!packed.is_array() || packed.empty() || packed.size() > into.size() + 1) return false;
  for (const auto& n : packed) {
    if (!n.is_number_unsigned() || n.get<std::uint64_t>() > most) return false;
  }
  const auto first = packed[0].get<std::uint64_t>();
  if (first + packed.size() - 1 > into.size()) return false;
  for (std::size_t i = 1; i < packed.size(); ++i) into[first + i - 1] += packed[i].get<std::uint64_t>();
  return true;
}

json sample_with_buckets_json(const processor_sample& s) {
  auto j = sample_json(s);
  j["callback_buckets"] = packed_buckets(buckets_of({&s}));
  return j;
}

json sample_json(const processor_sample& s) { return object_of(s, processor_fields); }
json sample_json(const view_sample& s) { return object_of(s, view_fields); }

json sample_json(const sample& s) {
  json processors = json::object();
  for (const auto& [name, of] : s.processors) processors[name] = sample_json(of);
  json views = json::object();
  for (const auto& [name, of] : s.views) views[name] = sample_json(of);
  return {
      {"t", s.t}, {"total", sample_json(s.total)}, {"processors", std::move(processors)}, {"views", std::move(views)}};
}

void history::add(sample s) {
  samples_.push_back(std::move(s));
  if (samples_.size() > kept) samples_.pop_front();
}

std::vector<std::string_view> history::processor_columns() { return names_of(processor_fields); }
std::vector<std::string_view> history::view_columns() { return names_of(view_fields); }

json history::columns(const history_wish& wish) const {
  const auto count = std::min(wish.samples, samples_.size());
  steps all;
  // From the newest back, so that a step that is not full is the oldest.
  for (std::size_t end = samples_.size(); end > samples_.size() - count;) {
    const auto begin = end - std::min(wish.step, end - (samples_.size() - count));
    auto& one = all.emplace_back();
    for (std::size_t i = begin; i < end; ++i) one.push_back(&samples_[i]);
    end = begin;
  }
  std::ranges::reverse(all);
  json t = json::array();
  for (const auto& one : all) t.push_back(one.back()->t);
  json processors = json::object();
  for (const auto& name : names_in(all, &sample::processors)) {
    processors[name] = columns_of(
        all, processor_fields, wish.processors, wish.digits, [&](const sample& s) { return named(s.processors, name); },
        wish.buckets);
  }
  json views = json::object();
  for (const auto& name : names_in(all, &sample::views)) {
    views[name] =
        columns_of(all, view_fields, wish.views, wish.digits, [&](const sample& s) { return named(s.views, name); });
  }
  return {{"step_seconds", wish.step},
          {"t", std::move(t)},
          {"total",
           columns_of(
               all, processor_fields, wish.total, wish.digits, [](const sample& s) { return &s.total; }, wish.buckets)},
          {"processors", std::move(processors)},
          {"views", std::move(views)}};
}

}  // namespace corka::query
