// What the example computes: two groups over the flights that left New York City.
//
//   flights ───▶ planes ──┬──▶ carrier-flights ──▶ carriers
//   aircraft ──join┘      └──▶ late-arrivals         └lookup── airlines
#pragma once

#include "flight.hpp"
#include "tables.hpp"

#include <corka/corka.hpp>

#include <cstdint>
#include <string>

namespace flights {

inline const corka::stream<flight> all_flights{"flights"};                // key: tail number
inline const corka::stream<flight> carrier_flights{"carrier-flights"};    // key: carrier
inline const corka::stream<late_arrival> late_arrivals{"late-arrivals"};  // key: tail number

/// What a plane did so far.
struct plane {
  std::int64_t flights = 0;
  std::int64_t cancelled = 0;
  std::int64_t miles = 0;
  std::int64_t arr_delay = 0;  // minutes
  std::string last;            // where it flew to
  std::string model;           // "EMBRAER EMB-145XR"; empty where the table of aircraft has none
};
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE_WITH_DEFAULT(plane, flights, cancelled, miles, arr_delay, last, model)

/// How a carrier did so far.
struct carrier {
  std::int64_t flights = 0;
  std::int64_t cancelled = 0;
  std::int64_t delayed = 0;    // by more than 15 minutes
  std::int64_t dep_delay = 0;  // minutes
  std::string name;            // "United Air Lines Inc."; empty where the table of airlines has none
};
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE_WITH_DEFAULT(carrier, flights, cancelled, delayed, dep_delay, name)

inline void count_for_plane(corka::context<plane>& ctx, const flight& f) {
  auto p = ctx.value().value_or(plane{});
  if (f.flown()) {
    p.flights += 1;
    p.miles += f.distance;
    p.last = f.dest;
  } else {
    p.cancelled += 1;
  }
  p.arr_delay += f.arr_delay.value_or(0);
  if (const auto known = ctx.join(all_aircraft)) p.model = known->name();
  ctx.set(p);

  ctx.emit(carrier_flights, f.carrier, f);
  if (f.very_late()) ctx.emit(late_arrivals, ctx.key(), {f, p.model});
}

inline void count_for_carrier(corka::context<carrier>& ctx, const flight& f) {
  auto c = ctx.value().value_or(carrier{});
  if (f.flown()) c.flights += 1;
  else c.cancelled += 1;
  if (f.dep_delay > 15) c.delayed += 1;
  c.dep_delay += f.dep_delay.value_or(0);
  if (const auto known = ctx.lookup(all_airlines, ctx.key())) c.name = known->name;
  ctx.set(c);
}

/// `tell_late`: very late arrivals go to the log as well.
inline corka::group<plane> planes(bool tell_late = false) {
  const auto count = [tell_late](corka::context<plane>& ctx, const flight& f) {
    count_for_plane(ctx, f);
    if (tell_late && f.very_late()) ctx.logger().info(describe(f));
  };
  corka::group<plane> made{"planes"};
  made.input(all_flights, count).join(all_aircraft).output(carrier_flights).output(late_arrivals);
  return made;
}

inline corka::group<carrier> carriers() {
  corka::group<carrier> made{"carriers"};
  made.input(carrier_flights, count_for_carrier).lookup(all_airlines);
  return made;
}

}  // namespace flights
