// SPDX-License-Identifier: Apache-2.0
#include "gatehouse/mcp/tool_caller.h"

#include <algorithm>
#include <boost/asio/co_spawn.hpp>
#include <boost/system/error_code.hpp>
#include <cmath>
#include <exception>
#include <limits>
#include <unordered_map>
#include <utility>
#include <vector>

#include "gatehouse/base/json_writer.h"
#include "gatehouse/mcp/json_rpc.h"

namespace gatehouse::mcp {
namespace {

constexpr int kProgressMax = 1000;  // notifications per call; later ones are left out

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

}  // namespace

std::string tool_result_json(const ToolResult& result, const Tool& tool, Revision revision,
                             std::string_view result_tail) {
  const bool structured = !result.structured.empty() && revision >= Revision::r2025_06_18 &&
                          !tool.output_schema.empty();
  std::string text;
  text.reserve(result.text.size() + result.structured.size() + result_tail.size() + 128);
  base::JsonWriter json(text);
  json.begin_object().key("content").begin_array().begin_object().member("type", "text");
  json.member("text", result.text.empty() ? result.structured : result.text);
  json.end_object().end_array();
  if (structured) json.key("structuredContent").raw(result.structured);
  if (result.is_error) json.member("isError", true);
  text.append(result_tail).append("}");
  return text;
}

struct ToolCaller::State {
  State(Limits limit, StateSealer& seal, telemetry::Log& logger)
      : limits(limit), sealer(seal), log(logger) {}
  Limits limits;
  StateSealer& sealer;
  telemetry::Log& log;
  std::unordered_map<std::string, std::vector<std::shared_ptr<Call>>> running;  // by principal
};

// One call. It counts as running until its tool has returned, even when it has been answered
// before.
class ToolCaller::Call final : public std::enable_shared_from_this<Call> {
 public:
  Call(std::shared_ptr<State> state, const base::Executor& executor, CallRequest request,
       std::shared_ptr<Exchange> exchange)
      : state_(std::move(state)),
        request_(std::move(request)),
        exchange_(std::move(exchange)),
        limit_(executor),
        started_(std::chrono::steady_clock::now()),
        tool_call_(*request_.caller, request_.arguments, state_->sealer) {}

  const CallRequest& request() const { return request_; }
  const Exchange* exchange() const { return exchange_.get(); }

  void start(const base::Executor& executor) {
    prepare();
    watch_limit();
    boost::asio::co_spawn(executor, run(shared_from_this()),
                          [call = shared_from_this()](std::exception_ptr failure) {
                            if (failure) call->fail();
                            call->leave();
                          });
  }

  void cancel() {
    cancelled_ = true;
    if (!exchange_) return;
    log("cancelled");
    std::exchange(exchange_, nullptr)->drop();
  }

 private:
  static base::Coroutine<void> run(std::shared_ptr<Call> call) {
    base::Coroutine<ToolResult> work = call->request_.tool->handler(call->tool_call_);
    const ToolResult result = co_await std::move(work);
    call->answer(result, result.is_error ? "error" : "ok");
  }

  void prepare() {
    tool_call_.deadline = started_ + state_->limits.call;
    // Both are only called while the tool runs, and the call outlives the tool's coroutine.
    tool_call_.cancelled = [this] { return cancelled_; };
    if (request_.progress_token.is_null()) return;
    tool_call_.report_progress = [this](double progress, double total, std::string_view message) {
      report(progress, total, message);
    };
  }

  void watch_limit() {
    limit_.expires_after(state_->limits.call);
    limit_.async_wait([weak = weak_from_this()](boost::system::error_code error) {
      const std::shared_ptr<Call> call = weak.lock();
      if (call && !error) call->give_up();
    });
  }

  // Progress only ever grows, and ends with the answer.
  void report(double progress, double total, std::string_view message) {
    if (!exchange_ || !std::isfinite(progress) || progress <= reported_) return;
    if (++reports_ > kProgressMax) return;
    reported_ = progress;
    const std::string params = progress_params(request_, progress, total, message);
    exchange_->notify(notification_message("notifications/progress", params));
  }

  void give_up() {
    cancelled_ = true;
    const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(state_->limits.call);
    answer(tool_error(
               request_.tool->name + " did not finish within " + std::to_string(seconds.count()) +
               " seconds and was given up. What it changes may or may not have happened: look "
               "before you repeat it, or ask for less at once."),
           "limit");
  }

  void fail() {
    answer(tool_error(request_.tool->name +
                      " failed inside the server. Trying again may help; if it does not, tell the "
                      "operator of this server."),
           "exception");
  }

  void answer(const ToolResult& result, std::string_view reason) {
    if (!exchange_) return;
    limit_.cancel();
    log(reason);
    const std::string json =
        tool_result_json(result, *request_.tool, request_.revision, request_.result_tail);
    std::exchange(exchange_, nullptr)->deliver(result_message(request_.id_json, json));
  }

  void leave() {
    limit_.cancel();
    const auto mine = state_->running.find(request_.caller->principal);
    if (mine == state_->running.end()) return;
    std::erase(mine->second, shared_from_this());
    if (mine->second.empty()) state_->running.erase(mine);
  }

  void log(std::string_view reason) {
    const auto took = std::chrono::steady_clock::now() - started_;
    const std::int64_t ms = std::chrono::duration_cast<std::chrono::milliseconds>(took).count();
    const auto level = reason == "exception" ? telemetry::Level::error : telemetry::Level::info;
    state_->log.write(level, "tool call",
                      {{telemetry::Field::tool, std::string_view(request_.tool->name)},
                       {telemetry::Field::reason, reason},
                       {telemetry::Field::duration_ms, ms}});
  }

  std::shared_ptr<State> state_;
  CallRequest request_;
  std::shared_ptr<Exchange> exchange_;  // null once answered or cancelled
  Timer limit_;
  std::chrono::steady_clock::time_point started_;
  ToolCall tool_call_;
  bool cancelled_ = false;
  double reported_ = -std::numeric_limits<double>::infinity();
  int reports_ = 0;
};

ToolCaller::ToolCaller(Limits limits, StateSealer& sealer, telemetry::Log& log)
    : state_(std::make_shared<State>(limits, sealer, log)) {}

// A call holds the state and the state holds the call; here the circle is cut.
ToolCaller::~ToolCaller() { state_->running.clear(); }

void ToolCaller::start(const base::Executor& executor, CallRequest request,
                       std::shared_ptr<Exchange> exchange) {
  exchange->expect();
  std::vector<std::shared_ptr<Call>>& mine = state_->running[request.caller->principal];
  if (mine.size() >= state_->limits.calls_per_caller_max) {
    const ToolResult busy =
        tool_error("Too many calls at once: " + std::to_string(mine.size()) +
                   " are still running. Wait for one to finish, then repeat this one.");
    const std::string json =
        tool_result_json(busy, *request.tool, request.revision, request.result_tail);
    exchange->deliver(result_message(request.id_json, json));
    return;
  }
  auto call = std::make_shared<Call>(state_, executor, std::move(request), std::move(exchange));
  mine.push_back(call);
  call->start(executor);
}

void ToolCaller::cancel(const std::string& principal, std::string_view session_key,
                        std::string_view id_json) {
  const auto mine = state_->running.find(principal);
  if (mine == state_->running.end()) return;
  const std::vector<std::shared_ptr<Call>> calls = mine->second;
  for (const std::shared_ptr<Call>& call : calls) {
    const CallRequest& request = call->request();
    if (request.session_key == session_key && request.id_json == id_json) call->cancel();
  }
}

void ToolCaller::abandon(const Exchange& exchange) {
  std::vector<std::shared_ptr<Call>> calls;
  for (const auto& [principal, running] : state_->running) {
    for (const std::shared_ptr<Call>& call : running) {
      if (call->exchange() == &exchange) calls.push_back(call);
    }
  }
  for (const std::shared_ptr<Call>& call : calls) call->cancel();
}

}  // namespace gatehouse::mcp
