// What Asio has of TLS that is no template; the rest of Asio is in lib/async/asio_src.cpp.
#include <boost/asio/ssl/impl/src.hpp>
