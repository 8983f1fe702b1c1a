// Callbacks that take by reference what is gone when a coroutine goes on.
#pragma once

#include <cstddef>
#include <type_traits>

namespace corka::detail {

/// Whether a parameter is a reference, the first `Skip` aside.
template <std::size_t Skip, class... Parameters>
inline constexpr bool any_reference = false;
template <std::size_t Skip, class First, class... Rest>
inline constexpr bool any_reference<Skip, First, Rest...> =
    (Skip == 0 && std::is_reference_v<First>) || any_reference<(Skip == 0 ? 0 : Skip - 1), Rest...>;

template <std::size_t Skip, class F>
struct signature_borrows : std::false_type {};
template <std::size_t Skip, class R, class... P, bool N>
struct signature_borrows<Skip, R (*)(P...) noexcept(N)> : std::bool_constant<any_reference<Skip, P...>> {};
template <std::size_t Skip, class R, class F, class... P, bool N>
struct signature_borrows<Skip, R (F::*)(P...) noexcept(N)> : std::bool_constant<any_reference<Skip, P...>> {};
template <std::size_t Skip, class R, class F, class... P, bool N>
struct signature_borrows<Skip, R (F::*)(P...) const noexcept(N)> : std::bool_constant<any_reference<Skip, P...>> {};

/// True where `F`, called with `Arguments`, takes one by reference, the first `Skip` of them aside; as far as one can
/// tell: of generic function objects only where all of their parameters are.
template <std::size_t Skip, class F, class... Arguments>
[[nodiscard]] consteval bool borrows() {
  if constexpr (requires { &F::operator(); }) {
    return signature_borrows<Skip, decltype(&F::operator())>::value;
  } else if constexpr (requires { &F::template operator()<Arguments...>; }) {
    return signature_borrows<Skip, decltype(&F::template operator()<Arguments...>)>::value;
  } else {
    return signature_borrows<Skip, F>::value;
  }
}

}  // namespace corka::detail
