// Asio's code that is not a template, compiled once for the whole program (BOOST_ASIO_SEPARATE_COMPILATION).
#include <boost/asio/impl/src.hpp>

#if defined(BOOST_ASIO_HAS_IO_URING)
#error \
    "corka: BOOST_ASIO_HAS_IO_URING must not be defined: all of a program must agree on it, and epoll is what is tested"
#endif
