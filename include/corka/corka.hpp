// All of corka.
#pragma once

#include <corka/app.hpp>           // IWYU pragma: export
#include <corka/codec.hpp>         // IWYU pragma: export
#include <corka/context.hpp>       // IWYU pragma: export
#include <corka/deferred.hpp>      // IWYU pragma: export
#include <corka/delivery.hpp>      // IWYU pragma: export
#include <corka/emitter.hpp>       // IWYU pragma: export
#include <corka/error.hpp>         // IWYU pragma: export
#include <corka/failure.hpp>       // IWYU pragma: export
#include <corka/group.hpp>         // IWYU pragma: export
#include <corka/http/client.hpp>   // IWYU pragma: export
#include <corka/http/problem.hpp>  // IWYU pragma: export
#include <corka/json.hpp>          // IWYU pragma: export
#include <corka/log.hpp>           // IWYU pragma: export
#include <corka/middleware.hpp>    // IWYU pragma: export
#include <corka/processor.hpp>     // IWYU pragma: export
#include <corka/replay.hpp>        // IWYU pragma: export
#include <corka/runtime.hpp>       // IWYU pragma: export
#include <corka/start_position.hpp>
#include <corka/stream.hpp>  // IWYU pragma: export
#include <corka/task.hpp>
#include <corka/topics.hpp>         // IWYU pragma: export
#include <corka/trace_context.hpp>  // IWYU pragma: export
#include <corka/view.hpp>           // IWYU pragma: export
#include <corka/visit.hpp>          // IWYU pragma: export
