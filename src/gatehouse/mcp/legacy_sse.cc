// SPDX-License-Identifier: Apache-2.0
#include "gatehouse/mcp/legacy_sse.h"

#include <boost/asio/redirect_error.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/system/error_code.hpp>
#include <optional>
#include <unordered_map>
#include <utility>
#include <vector>

#include "gatehouse/base/json_writer.h"
#include "gatehouse/http/media_type.h"
#include "gatehouse/http/url.h"
#include "gatehouse/mcp/engine.h"
#include "gatehouse/mcp/legacy_methods.h"
#include "gatehouse/mcp/relayed_answers.h"
#include "gatehouse/mcp/replica_letters.h"
#include "gatehouse/telemetry/traced_log.h"

namespace gatehouse::mcp {
namespace {

constexpr std::string_view kPurpose = "mcp-sse";
constexpr std::string_view kParameter = "sessionId";
constexpr std::size_t kKeyBytes = 16;
constexpr std::size_t kIdBytesMax = 2048;
constexpr std::chrono::milliseconds kDrainStep(50);
constexpr std::size_t kSpreadIdBytesMax = 256;  // ids of calls; clients count or write UUIDs
constexpr std::size_t kRunnersMax = 16;  // replicas that a stream's cancellations are sent to

http::Response refusal(int status, RpcCode code, std::string text) {
  return rpc_refusal(status, {}, RpcError(code, std::move(text)));
}

http::Response method_not_allowed(std::string allowed) {
  http::Response response = http::empty_response(405);
  response.with("Allow", std::move(allowed));
  return response;
}

http::Response stream_not_found() {
  return refusal(404, RpcCode::session_not_found, "Stream not found; open a new one");
}

http::Response try_again(std::string text) {
  http::Response response = refusal(503, RpcCode::bad_transport, std::move(text));
  response.with("Retry-After", "2");
  return response;
}

http::Response accepted() {
  http::Response response = http::text_response(202, "Accepted");
  response.with("Cache-Control", "no-store");
  return response;
}

std::optional<Revision> named_revision(const http::Request& request) {
  const SingleHeader header = single_header(request, kVersionHeader);
  const std::optional<Revision> revision = revision_named(header.value.value_or(""));
  return revision && is_legacy(*revision) ? revision : std::nullopt;
}

std::string state_of(const StreamName& stream) {
  std::string text;
  base::JsonWriter json(text);
  json.begin_object().member("key", stream.key).member("address", stream.address).end_object();
  return text;
}

std::optional<StreamName> stream_of(std::string_view state, const Caller& caller) {
  const base::Result<base::JsonDocument> document = base::JsonDocument::parse(state);
  if (!document) return std::nullopt;
  const auto key = document->root().find_string("key");
  const auto address = document->root().find_string("address");
  if (!key || !address) return std::nullopt;
  StreamName stream;
  stream.address = std::string(*address);
  stream.principal = caller.principal;
  stream.key = std::string(*key);
  return stream;
}

// A POST that has passed every check that needs nobody else.
struct Incoming {
  Incoming() {}
  StreamName stream;
  bool owes = false;  // the client waits for an answer
};

}  // namespace

class LegacySse::Impl : public std::enable_shared_from_this<Impl> {
 public:
  explicit Impl(std::shared_ptr<Engine> engine)
      : engine_(std::move(engine)), methods_(*engine_), relay_(engine_->relay) {}

  http::Response open(const http::Request& request, const Caller& caller,
                      const base::Executor& executor) {
    if (request.method != http::Method::get) return method_not_allowed("GET");
    const Accepted kinds = accepted_types(request);
    if (!kinds.events && !kinds.anything)
      return refusal(406, RpcCode::bad_transport, "A GET must accept text/event-stream");
    if (draining_) return try_again("This replica is shutting down; connect again");
    StreamName name;
    name.address = relay_.own_address();
    name.principal = caller.principal;
    name.key = engine_->random.token(kKeyBytes);
    http::Response response;
    response.stream = engine_->streams.open(executor, terms_of(name, caller));
    if (!response.stream) return refusal(429, RpcCode::bad_transport, "Too many open streams");
    const std::string endpoint = "/messages?" + std::string(kParameter) + "=" + id_of(name, caller);
    response.stream->send({endpoint, "endpoint", {}});
    Held& stream = held_[name.key];
    stream.events = response.stream;
    stream.principal = caller.principal;
    stream.executor = executor;
    stream.negotiated.revision = named_revision(request).value_or(Revision::r2024_11_05);
    return response;
  }

  base::Result<Incoming, http::Response> read(Post& post) {
    if (post.request.method != http::Method::post) return method_not_allowed("POST");
    if (!http::has_body_of_type(post.request, "application/json")) {
      return refusal(415, RpcCode::invalid_request,
                     "Content-Type must be application/json in UTF-8");
    }
    const auto query = http::parse_form(post.request.query);
    const auto id = query ? http::single_field(*query, kParameter) : std::nullopt;
    if (!id) {
      return refusal(400, RpcCode::bad_transport,
                     "sessionId must be given once, as the stream's first event names it");
    }
    std::optional<StreamName> stream = open_id(*id, *post.caller);
    if (!stream) return stream_not_found();
    const std::optional<RpcError> version = version_header_problem(post.request);
    if (version) return rpc_refusal(400, {}, *version);
    return read_body(post, std::move(*stream));
  }

  // What the host has to judge first. Answers travel apart from their POST, so no status of it says
  // anything about them.
  std::optional<MissingScope> missing_scope(const Post& post) const {
    if (!engine_->options.judge_scope) return std::nullopt;
    return methods_.shared().missing_scope_in(post);
  }

  // What the stream's client negotiated, or the refusal.
  base::Coroutine<base::Result<Negotiated, http::Response>> find(const Post& post,
                                                                 const Incoming& incoming) {
    Held* here = find_held(incoming.stream.principal, incoming.stream.key);
    if (here != nullptr) {
      if (incoming.owes) ++here->owed;
      co_return here->negotiated;
    }
    const std::string& address = incoming.stream.address;
    const std::string& own = relay_.own_address();
    if (address.empty() || own.empty() || address == own) co_return stream_not_found();
    auto there = co_await relay_.probe(incoming.stream, incoming.owes);
    if (there) co_return *there;
    if (there.error().code == base::Errc::not_found) co_return stream_not_found();
    telemetry::TracedLog log(engine_->log, post.caller->trace);
    log.warn("stream of another replica not reached",
             {{telemetry::Field::upstream, std::string_view(address)},
              {telemetry::Field::detail, std::string_view(there.error().detail)}});
    co_return try_again(
        "The replica that holds this stream cannot be reached. Nothing was done. Repeat the "
        "request, or open a new stream.");
  }

  http::Response answer(const Post& post, const Incoming& incoming, const Negotiated& known) {
    Pending pending;
    pending.exchange = std::make_shared<Exchange>(post.executor, Exchange::Carries::stream);
    std::optional<Negotiated> negotiated;
    if (is_initialize(*post.message)) {
      negotiated = initialize(*post.message, *pending.exchange);
    } else {
      Session session;
      session.key = incoming.stream.key;
      session.revision = named_revision(post.request).value_or(known.revision);
      session.capabilities = known.capabilities;
      methods_.take(post, *post.message, session, pending);
    }
    if (incoming.owes) send_answers(post, incoming.stream, *pending.exchange, negotiated);
    const std::optional<std::string> cancelled = LegacyMethods::cancelled_id(*post.message);
    if (cancelled && cancelled->size() <= kSpreadIdBytesMax)
      spread_cancellation(post.executor, incoming.stream, *cancelled);
    return accepted();
  }

  base::Result<Negotiated> probed(const std::string& principal, const std::string& key,
                                  const std::string& asker) {
    Held* stream = find_held(principal, key);
    if (stream == nullptr) return base::Error{base::Errc::not_found, "no such stream"};
    if (!asker.empty()) {
      ++stream->owed;
      stream->note_runner(asker);
    }
    return stream->negotiated;
  }

  base::Result<void> delivered(const std::string& principal, const std::string& key,
                               const StreamLetter& letter) {
    if (!letter.reply.empty()) take_reply(principal, key, letter.reply);
    if (!letter.cancelled.empty()) engine_->calls.cancel(principal, key, letter.cancelled);
    Held* stream = find_held(principal, key);
    if (stream == nullptr) {
      if (!letter.cancelled.empty() || !letter.reply.empty()) return {};
      return base::Error{base::Errc::not_found, "the stream has ended"};
    }
    if (!letter.cancelled.empty()) tell_runners(*stream, key, letter.cancelled);
    if (letter.negotiated) stream->negotiated = *letter.negotiated;
    for (const std::string& message : letter.messages)
      stream->events->send({message, "message", {}});
    if (letter.settles) settle(*stream);
    return {};
  }

  void end_streams() {
    draining_ = true;
    engine_->streams.end_all();
  }

  std::size_t relayed_underway() const { return *relayed_underway_; }
  std::size_t stream_count() const { return held_.size(); }
  const Engine& engine() const { return *engine_; }

 private:
  // A stream that this replica holds, until its client is gone or the server has ended it.
  struct Held {
    std::shared_ptr<http::EventStream> events;
    std::string principal;
    Negotiated negotiated;
    std::size_t owed = 0;              // POSTs whose answers are still to come
    std::vector<std::string> runners;  // other replicas that ran calls for it lately
    std::optional<base::Executor> executor;

    void note_runner(const std::string& address) {
      std::erase(runners, address);
      if (runners.size() >= kRunnersMax) runners.erase(runners.begin());
      runners.push_back(address);
    }
  };

  OpenStreams::Terms terms_of(const StreamName& name, const Caller& caller) {
    OpenStreams::Terms terms;
    terms.principal = name.principal;
    terms.session_key = name.key;
    terms.expires = caller.expires;
    // A drain lets it go on; end_streams() and the last answer owed end it.
    terms.purpose = http::StreamPurpose::answer;
    terms.is_owed = [weak = weak_from_this(), key = name.key] {
      const std::shared_ptr<Impl> self = weak.lock();
      if (!self) return false;
      const auto found = self->held_.find(key);
      return found != self->held_.end() && found->second.owed > 0;
    };
    terms.wants = changes_wanted_by(*engine_, name.principal, name.key);
    terms.on_gone = [weak = weak_from_this(), key = name.key] {
      const std::shared_ptr<Impl> self = weak.lock();
      if (self) self->held_.erase(key);
    };
    return terms;
  }

  std::string id_of(const StreamName& name, const Caller& caller) {
    const std::chrono::seconds lifetime = caller.expires - engine_->clock.now();
    return engine_->sealer.seal(kPurpose, name.principal, state_of(name), lifetime);
  }

  std::optional<StreamName> open_id(std::string_view id, const Caller& caller) {
    if (id.empty() || id.size() > kIdBytesMax) return std::nullopt;
    const base::Result<std::string> state = engine_->sealer.open(kPurpose, caller.principal, id);
    if (!state) return std::nullopt;
    return stream_of(*state, caller);
  }

  base::Result<Incoming, http::Response> read_body(Post& post, StreamName stream) {
    base::Result<base::JsonDocument> document = base::JsonDocument::parse(post.request.body);
    if (!document) return refusal(400, RpcCode::parse_error, "Parse error");
    post.take(std::move(*document));
    if (!post.message)
      return refusal(400, RpcCode::invalid_request, "One message per POST on this transport");
    Incoming incoming;
    incoming.stream = std::move(stream);
    if (post.message->kind == Message::Kind::malformed)
      return rpc_refusal(400, post.message->id, not_a_message());
    incoming.owes = post.message->kind == Message::Kind::request;
    return incoming;
  }

  // Of a session on either transport: what a client answered to a request of this replica.
  void take_reply(const std::string& principal, const std::string& key, const std::string& json) {
    base::Result<base::JsonDocument> document = base::JsonDocument::parse(json);
    if (!document) return;
    const auto kept = std::make_shared<const base::JsonDocument>(std::move(*document));
    const Message message = read_message(kept->root());
    if (message.kind == Message::Kind::response)
      engine_->questions.answer(principal, key, message, kept);
  }

  std::optional<Negotiated> initialize(const Message& message, Exchange& exchange) {
    const base::Result<Negotiated, RpcError> negotiated = LegacyMethods::negotiate(message);
    if (!negotiated) {
      exchange.add(error_message(id_text(message.id), negotiated.error()));
      return std::nullopt;
    }
    exchange.add(methods_.initialize_answer(message, negotiated->revision));
    return *negotiated;
  }

  void send_answers(const Post& post, const StreamName& name, Exchange& exchange,
                    const std::optional<Negotiated>& negotiated) {
    Held* here = find_held(name.principal, name.key);
    const bool elsewhere = name.address != relay_.own_address();
    if (here == nullptr && elsewhere) return relay_answers(post, name, exchange, negotiated);
    if (here != nullptr && negotiated) here->negotiated = *negotiated;
    // Weakly: calls under way hold the exchange, and the engine holds the calls.
    exchange.forward_to(
        [weak = weak_from_this(), name](const std::string& message) {
          const std::shared_ptr<Impl> self = weak.lock();
          if (self) self->write_here(name, message);
        },
        [weak = weak_from_this(), name] {
          const std::shared_ptr<Impl> self = weak.lock();
          if (self) self->settle_here(name);
        });
  }

  void relay_answers(const Post& post, const StreamName& name, Exchange& exchange,
                     const std::optional<Negotiated>& negotiated) {
    auto answers = std::make_shared<RelayedAnswers>(relay_, engine_->log, post.executor, name,
                                                    relayed_underway_);
    if (negotiated) answers->note_negotiated(*negotiated);
    exchange.forward_to([answers](std::string message) { answers->add(std::move(message)); },
                        [answers] { answers->settle(); });
  }

  // The call may run on any replica; what runs here has been told.
  void spread_cancellation(const base::Executor& executor, const StreamName& name,
                           const std::string& id) {
    Held* here = find_held(name.principal, name.key);
    if (here != nullptr) return tell_runners(*here, name.key, id);
    if (name.address != relay_.own_address()) tell(executor, name, id);
  }

  void tell_runners(const Held& stream, const std::string& key, const std::string& id) {
    for (const std::string& address : stream.runners)
      tell(*stream.executor, {address, stream.principal, key}, id);
  }

  void tell(const base::Executor& executor, const StreamName& name, const std::string& id) {
    StreamLetter letter;
    letter.cancelled = id;
    tell_replica(*engine_, executor, name, std::move(letter));
  }

  void write_here(const StreamName& name, const std::string& message) {
    Held* stream = find_held(name.principal, name.key);
    if (stream != nullptr) stream->events->send({message, "message", {}});
  }

  void settle_here(const StreamName& name) {
    Held* stream = find_held(name.principal, name.key);
    if (stream != nullptr) return settle(*stream);
    engine_->log.info("answer lost: its stream has closed", {});
  }

  void settle(Held& stream) {
    if (stream.owed > 0) --stream.owed;
    if (draining_ && stream.owed == 0) stream.events->close();
  }

  Held* find_held(std::string_view principal, const std::string& key) {
    const auto found = held_.find(key);
    const bool ours = found != held_.end() && found->second.principal == principal &&
                      found->second.events->is_open();
    return ours ? &found->second : nullptr;
  }

  std::shared_ptr<Engine> engine_;
  LegacyMethods methods_;
  StreamRelay& relay_;
  std::unordered_map<std::string, Held> held_;  // by key
  std::shared_ptr<std::size_t> relayed_underway_ = std::make_shared<std::size_t>(0);
  bool draining_ = false;
};

LegacySse::LegacySse(const StreamableHttp& http) : impl_(std::make_shared<Impl>(http.engine())) {}

LegacySse::~LegacySse() = default;

base::Coroutine<http::Response> LegacySse::open(const http::Request& request,
                                                std::shared_ptr<const Caller> caller) {
  const base::Executor executor = co_await boost::asio::this_coro::executor;
  co_return impl_->open(request, *caller, executor);
}

base::Coroutine<http::Response> LegacySse::receive(const http::Request& request,
                                                   std::shared_ptr<const Caller> caller) {
  const base::Executor executor = co_await boost::asio::this_coro::executor;
  const std::shared_ptr<Impl> impl = impl_;
  Post post(request, caller, executor);
  const base::Result<Incoming, http::Response> incoming = impl->read(post);
  if (!incoming) co_return incoming.error();
  auto known = co_await impl->find(post, *incoming);
  if (!known) co_return known.error();
  const std::optional<MissingScope> missing = impl->missing_scope(post);
  if (missing) {
    co_await judge_scope(impl->engine(), post, caller, *missing);
  }
  co_return impl->answer(post, *incoming, *known);
}

base::Result<Negotiated> LegacySse::probed(const std::string& principal, const std::string& key,
                                           const std::string& asker) {
  return impl_->probed(principal, key, asker);
}

base::Result<void> LegacySse::delivered(const std::string& principal, const std::string& key,
                                        const StreamLetter& letter) {
  return impl_->delivered(principal, key, letter);
}

void LegacySse::end_streams() { impl_->end_streams(); }

base::Coroutine<void> LegacySse::finish_relayed(std::chrono::steady_clock::time_point limit) {
  const base::Executor executor = co_await boost::asio::this_coro::executor;
  const boost::asio::use_awaitable_t<base::Executor> token;
  boost::system::error_code woken;
  Timer pause(executor);
  while (impl_->relayed_underway() > 0 && std::chrono::steady_clock::now() < limit) {
    pause.expires_after(kDrainStep);
    co_await pause.async_wait(boost::asio::redirect_error(token, woken));
  }
}

std::size_t LegacySse::stream_count() const { return impl_->stream_count(); }

}  // namespace gatehouse::mcp
