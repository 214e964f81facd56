// SPDX-License-Identifier: Apache-2.0
#include "gatehouse/mcp/call_runner.h"

#include <algorithm>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/system/error_code.hpp>
#include <cmath>
#include <cstdint>
#include <exception>
#include <limits>
#include <set>
#include <unordered_map>
#include <utility>
#include <vector>

#include "gatehouse/base/json_writer.h"
#include "gatehouse/mcp/sealed_request_state.h"
#include "gatehouse/telemetry/traced_log.h"

namespace gatehouse::mcp {
namespace {

using SteadyClock = std::chrono::steady_clock;

// Notifications of one call of each kind; later ones are left out.
constexpr int kProgressMax = 1000;
constexpr int kLogLinesMax = 1000;
constexpr std::size_t kInputResponsesMax = 64;

std::string progress_params(const CallRequest& request, double progress, double total,
                            std::string_view message) {
  std::string text;
  base::JsonWriter json(text);
  json.begin_object().member("progressToken", request.progress_token).member("progress", progress);
  if (total > 0) json.member("total", total);
  const bool has_message = !message.empty() && request.revision >= Revision::r2025_03_26;
  if (has_message) json.member("message", message);
  json.end_object();
  return text;
}

std::string log_params(LogLevel level, std::string_view logger, std::string_view data) {
  std::string text;
  base::JsonWriter json(text);
  json.begin_object().member("level", name_of(level));
  if (!logger.empty()) json.member("logger", logger);
  json.key("data").raw(data).end_object();
  return text;
}

RpcError missing_capability(InputKind kind) {
  std::string data = R"({"requiredCapabilities":)" + capability_json(kind) + "}";
  return RpcError(RpcCode::missing_capability,
                  "This needs a client capability that the request does not declare",
                  std::move(data));
}

std::string_view words_for(InputKind kind) {
  switch (kind) {
    case InputKind::elicitation:
      return "to ask its user (elicitation)";
    case InputKind::elicitation_url:
      return "to send its user to a page (elicitation by URL)";
    case InputKind::sampling:
      return "to ask its model (sampling)";
    case InputKind::roots:
      return "to tell its roots";
  }
  return {};
}

}  // namespace

struct CallRunner::State {
  State(Limits limit, const Services& things) : limits(limit), services(things) {}
  Limits limits;
  Services services;
  std::unordered_map<std::string, std::vector<std::shared_ptr<Running>>> running;  // by principal
};

// One job. It counts as running until its handler has returned, even when it has been answered
// before.
class CallRunner::Running final : public std::enable_shared_from_this<Running> {
 public:
  Running(std::shared_ptr<State> state, const base::Executor& executor, CallRequest request,
          std::shared_ptr<Exchange> exchange)
      : state_(std::move(state)),
        request_(std::move(request)),
        exchange_(std::move(exchange)),
        limit_(executor),
        patience_(executor),
        started_(SteadyClock::now()),
        inputs_here_(executor) {}

  const CallRequest& request() const { return request_; }
  const Exchange* exchange() const { return exchange_.get(); }

  // What the request itself says about earlier rounds. An error is for the client.
  std::optional<RpcError> take_earlier_rounds() {
    if (!request_.request_state.empty()) {
      base::Result<std::string> state =
          open_request_state(state_->services.sealer, request_.caller->principal,
                             request_.job->identity(), request_.request_state);
      if (!state) {
        return RpcError(RpcCode::invalid_params,
                        "params.requestState is not one that was issued for this request, or it is "
                        "too old; send the request without it to begin anew");
      }
      request_.job->call().state = std::move(*state);
    }
    const std::vector<base::JsonMember> responses = request_.input_responses.members();
    if (responses.size() > kInputResponsesMax)
      return RpcError(RpcCode::invalid_params, "params.inputResponses holds too many");
    for (const base::JsonMember& response : responses) keep_input(response.name, response.value);
    return std::nullopt;
  }

  void start(const base::Executor& executor) {
    prepare();
    set_limit(state_->limits.call);
    watch_patience();
    boost::asio::co_spawn(executor, run(shared_from_this()),
                          [call = shared_from_this()](std::exception_ptr failure) {
                            if (failure) call->answer(call->request_.job->failed(), "exception");
                            call->leave();
                          });
  }

  void cancel() {
    cancelled_ = true;
    for (const std::string& id : std::exchange(question_ids_, {})) withdraw(id);
    inputs_here_.cancel();
    if (!exchange_) return;
    log("cancelled");
    std::exchange(exchange_, nullptr)->drop();
  }

 private:
  static base::Coroutine<void> run(std::shared_ptr<Running> call) {
    for (int round = 1;; ++round) {
      base::Coroutine<JobResult> work = call->request_.job->run();
      JobResult result = co_await std::move(work);
      if (!result.input_required) {
        call->answer(result, result.is_error ? "error" : "ok");
        co_return;
      }
      InputRequired input = std::move(*result.input_required);
      if (call->refuse_input(input, round)) co_return;
      if (call->answer_with_question(input)) co_return;
      call->ask(input);
      co_await call->await_inputs();
      if (!call->take_inputs(std::move(input.state))) co_return;
    }
  }

  void prepare() {
    Call& call = request_.job->call();
    call.client = request_.client;
    call.deadline = started_ + state_->limits.call;
    // All are only called while the handler runs, and this outlives the handler's coroutine.
    call.cancelled = [this] { return cancelled_; };
    call.log = [this](LogLevel level, std::string_view logger, std::string_view data) {
      tell(level, logger, data);
    };
    if (may_become_task()) call.become_task = [this] { return become_task(); };
    call.hang_up = [this] {
      if (exchange_) exchange_->hang_up();
    };
    if (request_.progress_token.is_null()) return;
    call.report_progress = [this](double progress, double total, std::string_view message) {
      report(progress, total, message);
    };
  }

  void set_limit(std::chrono::milliseconds limit) {
    limit_.expires_after(limit);
    limit_.async_wait([weak = weak_from_this(), limit](boost::system::error_code error) {
      const std::shared_ptr<Running> call = weak.lock();
      if (call && !error) call->give_up(limit);
    });
  }

  void give_up(std::chrono::milliseconds limit) {
    cancelled_ = true;
    const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(limit);
    answer(request_.job->too_long(seconds), "limit");
  }

  // --- what goes out beside the answer ---

  // Progress only ever grows, and ends with the answer.
  void report(double progress, double total, std::string_view message) {
    if (!exchange_ || !std::isfinite(progress) || progress <= reported_) return;
    if (++reports_ > kProgressMax) return;
    reported_ = progress;
    const std::string params = progress_params(request_, progress, total, message);
    exchange_->send(notification_message("notifications/progress", params));
  }

  bool wants_log(LogLevel level) const {
    if (!is_legacy(request_.revision)) return request_.log_level && level >= *request_.log_level;
    return level >=
           state_->services.notes.log_level(request_.caller->principal, request_.session_key);
  }

  void tell(LogLevel level, std::string_view logger, std::string_view data) {
    if (!exchange_ || !wants_log(level) || ++log_lines_ > kLogLinesMax) return;
    exchange_->send(notification_message("notifications/message", log_params(level, logger, data)));
  }

  // --- rounds of input ---

  // A need that cannot be met is the end of the call.
  bool refuse_input(const InputRequired& input, int round) {
    const bool legacy = is_legacy(request_.revision);
    for (const InputRequest& request : input.requests) {
      if (can_give(request_.client, request.kind)) continue;
      if (!legacy) return finish_with(missing_capability(request.kind), 400);
      return finish_without_input("this client does not offer " +
                                  std::string(words_for(request.kind)) + ".");
    }
    if (round >= kInputRoundsMax) return finish_without_input("it was asked too many times.");
    if (input.state.size() > kInputStateBytesMax)
      return finish_without_input("what it has to keep meanwhile is too long.");
    const bool reachable = task_ || !legacy || (exchange_ && exchange_->can_stream());
    if (reachable) return false;
    return finish_without_input("this request was sent without accepting text/event-stream.");
  }

  bool finish_with(const RpcError& error, int status) {
    JobResult result;
    result.is_error = true;
    result.error = error;
    answer(result, "error", status);
    return true;
  }

  bool finish_without_input(const std::string& why) {
    answer(request_.job->no_input(why), "no input");
    return true;
  }

  // The stateless revision is not asked: it is told, and comes again.
  bool answer_with_question(const InputRequired& input) {
    if (task_ || is_legacy(request_.revision)) return false;
    if (!exchange_) return true;
    std::string text;
    base::JsonWriter json(text);
    json.begin_object().member("resultType", "input_required");
    if (!input.requests.empty()) {
      text += R"(,"inputRequests":)";
      write_input_requests(text, input.requests);
    }
    if (!input.state.empty()) {
      const std::string sealed =
          seal_request_state(state_->services.sealer, request_.caller->principal,
                             request_.job->identity(), input.state);
      text += R"(,"requestState":)";
      base::JsonWriter(text).value(sealed);
    }
    deliver(state_->services.documents.with_server_info(std::move(text)), "input required", 200);
    return true;
  }

  void ask(const InputRequired& input) {
    limit_.cancel();
    for (const InputRequest& request : input.requests) waited_for_.insert(request.key);
    if (task_) {
      ask_by_task(input.requests);
    } else {
      for (const InputRequest& request : input.requests) ask_on_stream(request);
    }
  }

  void ask_by_task(std::vector<InputRequest> requests) {
    task_->on_answers = [weak = weak_from_this()](const Tasks::Answers& answers) {
      const std::shared_ptr<Running> call = weak.lock();
      if (!call) return;
      call->documents_.push_back(answers.document);
      for (const base::JsonMember& answer : answers.by_key.members()) {
        if (call->waited_for_.contains(std::string(answer.name)))
          call->note_input(std::string(answer.name), answer.value);
      }
    };
    task_->ask(std::move(requests));
  }

  void ask_on_stream(const InputRequest& request) {
    Questions& questions = state_->services.questions;
    const std::string id =
        questions.ask(request_.caller->principal, request_.session_key,
                      [weak = weak_from_this(), key = request.key](const Questions::Reply& reply) {
                        const std::shared_ptr<Running> call = weak.lock();
                        if (call) call->note_reply(key, reply);
                      });
    question_ids_.push_back(id);
    std::string params = request.params;
    if (request.kind == InputKind::elicitation_url) {
      params.pop_back();
      params += R"(,"elicitationId":)";
      base::JsonWriter(params).value(id);
      params += '}';
    }
    std::string id_json;
    base::JsonWriter(id_json).value(id);
    if (exchange_) exchange_->send(request_message(id_json, method_of(request.kind), params));
  }

  // The client need not go on asking its user.
  void withdraw(const std::string& id) {
    if (!state_->services.questions.withdraw(id) || !exchange_) return;
    std::string params;
    base::JsonWriter json(params);
    json.begin_object().member("requestId", id).member("reason", "not waited for any more");
    json.end_object();
    exchange_->send(notification_message("notifications/cancelled", params));
  }

  void note_reply(const std::string& key, const Questions::Reply& reply) {
    if (reply.result.is_null()) {
      refused_ = true;
      inputs_here_.cancel();
      return;
    }
    documents_.push_back(reply.document);
    note_input(key, reply.result);
  }

  void note_input(const std::string& key, const base::JsonValue& value) {
    keep_input(key, value);
    waited_for_.erase(key);
    if (waited_for_.empty()) inputs_here_.cancel();
  }

  void keep_input(std::string_view key, const base::JsonValue& value) {
    request_.job->call().inputs.insert_or_assign(std::string(key), value);
  }

  base::Coroutine<void> await_inputs() {
    if (waited_for_.empty() || cancelled_ || refused_) co_return;
    inputs_here_.expires_after(task_ ? state_->limits.task : state_->limits.input);
    const boost::asio::use_awaitable_t<base::Executor> token;
    boost::system::error_code woken;
    co_await inputs_here_.async_wait(boost::asio::redirect_error(token, woken));
  }

  // Whether the handler can go on.
  bool take_inputs(std::string handler_state) {
    for (const std::string& id : std::exchange(question_ids_, {})) withdraw(id);
    if (cancelled_) return false;
    if (refused_) return !finish_without_input("the client refused to ask for it.");
    if (!waited_for_.empty())
      return !finish_without_input("the client did not answer in time; try again.");
    request_.job->call().state = std::move(handler_state);
    if (task_) task_->go_on();
    set_limit(task_ ? state_->limits.task : state_->limits.call);
    return true;
  }

  // --- tasks ---

  bool may_become_task() const {
    return !is_legacy(request_.revision) && request_.client.tasks &&
           request_.job->tasks() != TaskSupport::forbidden;
  }

  bool become_task() {
    if (task_) return true;
    if (!exchange_) return false;
    task_ = state_->services.tasks.create(request_.caller->principal);
    if (!task_) return false;
    task_->on_cancel = [weak = weak_from_this()] {
      const std::shared_ptr<Running> call = weak.lock();
      if (call) call->end_cancelled_task();
    };
    request_.job->call().deadline = SteadyClock::now() + state_->limits.task;
    set_limit(state_->limits.task);
    const std::string created =
        state_->services.documents.with_server_info(task_->created_members());
    std::exchange(exchange_, nullptr)->deliver(result_message(request_.id_json, created));
    return true;
  }

  void end_cancelled_task() {
    cancelled_ = true;
    limit_.cancel();
    inputs_here_.cancel();
    log("task cancelled");
  }

  // A call that takes its time becomes a task by itself where it may.
  void watch_patience() {
    if (!may_become_task()) return;
    patience_.expires_after(state_->limits.task_patience);
    patience_.async_wait([weak = weak_from_this()](boost::system::error_code error) {
      const std::shared_ptr<Running> call = weak.lock();
      if (call && !error) call->become_task();
    });
  }

  // --- the answer ---

  void answer(const JobResult& result, std::string_view reason, int status = 200) {
    if (task_) return answer_task(result, reason);
    if (!exchange_) return;
    if (result.error) {
      log(reason);
      limit_.cancel();
      std::exchange(exchange_, nullptr)
          ->deliver(error_message(request_.id_json, *result.error), status);
      return;
    }
    deliver(state_->services.documents.closed(result.members, request_.revision), reason, status);
  }

  void deliver(const std::string& result_json, std::string_view reason, int status) {
    limit_.cancel();
    log(reason);
    std::exchange(exchange_, nullptr)
        ->deliver(result_message(request_.id_json, result_json), status);
  }

  void answer_task(const JobResult& result, std::string_view reason) {
    if (task_->is_over()) return;
    limit_.cancel();
    log(reason);
    if (result.error) {
      task_->fail(*result.error);
    } else {
      task_->complete(state_->services.documents.closed(result.members, request_.revision));
    }
  }

  void leave() {
    limit_.cancel();
    patience_.cancel();
    if (task_) task_->on_answers = nullptr;
    const auto mine = state_->running.find(request_.caller->principal);
    if (mine == state_->running.end()) return;
    std::erase(mine->second, shared_from_this());
    if (mine->second.empty()) state_->running.erase(mine);
  }

  void log(std::string_view reason) {
    const auto took = SteadyClock::now() - started_;
    const std::int64_t ms = std::chrono::duration_cast<std::chrono::milliseconds>(took).count();
    const auto level = reason == "exception" ? telemetry::Level::error : telemetry::Level::info;
    telemetry::TracedLog lines(state_->services.log, request_.caller->trace);
    lines.write(level, request_.job->event(),
                {{telemetry::Field::tool, request_.job->name()},
                 {telemetry::Field::reason, reason},
                 {telemetry::Field::duration_ms, ms}});
  }

  std::shared_ptr<State> state_;
  CallRequest request_;
  std::shared_ptr<Exchange> exchange_;  // null once answered, cancelled, or a task
  std::shared_ptr<Tasks::Task> task_;
  Timer limit_;
  Timer patience_;
  SteadyClock::time_point started_;
  bool cancelled_ = false;
  double reported_ = -std::numeric_limits<double>::infinity();
  int reports_ = 0;
  int log_lines_ = 0;

  Timer inputs_here_;
  std::set<std::string> waited_for_;
  std::vector<std::string> question_ids_;
  bool refused_ = false;
  std::vector<std::shared_ptr<const base::JsonDocument>> documents_;  // of answers
};

CallRunner::CallRunner(Limits limits, const Services& services)
    : state_(std::make_shared<State>(limits, services)) {}

// A job holds the state and the state holds the job; here the circle is cut.
CallRunner::~CallRunner() { state_->running.clear(); }

void CallRunner::start(const base::Executor& executor, CallRequest request,
                       std::shared_ptr<Exchange> exchange) {
  exchange->expect();
  const ServerDocuments& documents = state_->services.documents;
  std::vector<std::shared_ptr<Running>>& mine = state_->running[request.caller->principal];
  if (mine.size() >= state_->limits.calls_per_caller_max) {
    const JobResult busy = request.job->too_many(mine.size());
    exchange->deliver(
        busy.error
            ? error_message(request.id_json, *busy.error)
            : result_message(request.id_json, documents.closed(busy.members, request.revision)));
    return;
  }
  const std::string id_json = request.id_json;
  auto call = std::make_shared<Running>(state_, executor, std::move(request), exchange);
  const std::optional<RpcError> problem = call->take_earlier_rounds();
  if (problem) {
    exchange->deliver(error_message(id_json, *problem));
    return;
  }
  mine.push_back(call);
  call->start(executor);
}

void CallRunner::cancel(const std::string& principal, std::string_view session_key,
                        std::string_view id_json) {
  const auto mine = state_->running.find(principal);
  if (mine == state_->running.end()) return;
  const std::vector<std::shared_ptr<Running>> calls = mine->second;
  for (const std::shared_ptr<Running>& call : calls) {
    const CallRequest& request = call->request();
    if (request.session_key == session_key && request.id_json == id_json) call->cancel();
  }
}

void CallRunner::abandon(const Exchange& exchange) {
  std::vector<std::shared_ptr<Running>> calls;
  for (const auto& [principal, running] : state_->running) {
    for (const std::shared_ptr<Running>& call : running) {
      if (call->exchange() == &exchange) calls.push_back(call);
    }
  }
  for (const std::shared_ptr<Running>& call : calls) call->cancel();
}

}  // namespace gatehouse::mcp
