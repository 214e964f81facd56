// SPDX-License-Identifier: Apache-2.0
#include <optional>
#include <string>
#include <tuple>
#include <utility>

#include "gatehouse/base/json_writer.h"
#include "gatehouse/mcp/arguments.h"
#include "gatehouse/workspace/account.h"
#include "gatehouse/workspace/account_tools.h"
#include "gatehouse/workspace/answer.h"
#include "gatehouse/workspace/consent.h"
#include "gatehouse/workspace/session_ends.h"
#include "gatehouse/workspace/write_audit.h"

namespace gatehouse::workspace {

namespace {

using mcp::Arg;

struct DisconnectArgs {
  std::optional<bool> everywhere;
  std::optional<std::string> confirm;
};

constexpr auto kDisconnectArgs = std::tuple{
    Arg{"everywhere", &DisconnectArgs::everywhere, "all clients and browsers"},
    Arg{"confirm", &DisconnectArgs::confirm, "code once the user agreed"},
};

constexpr ConsentWords kWords{"account_disconnect",
                              "disconnect",
                              "Disconnect",
                              "the question",
                              "Nothing was ended yet, for the user has to agree.",
                              "The confirm code has expired or belongs to another question. "
                              "Nothing was ended.",
                              "The user did not agree. Nothing was ended."};

// One call of the tool.
class Disconnecting {
 public:
  Disconnecting(Services& services, mcp::ToolCall& call, const DisconnectArgs& args)
      : services_(services),
        call_(call),
        account_(account_of(call.caller)),
        confirm_(args.confirm.value_or("")),
        ending_(args.everywhere.value_or(false) ? Ending::everywhere : Ending::this_session) {}

  base::Coroutine<mcp::ToolResult> attempt() {
    const std::string digest = digest_of_parts({"disconnect", std::string(reach())});
    Consent consent = find_consent(call_, kWords, digest, confirm_);
    if (!consent.is_given) {
      audit_.outcome = consent.is_refused ? "declined" : "confirmation needed";
      if (consent.answer) co_return std::move(*consent.answer);
      co_return ask_consent(services_, call_, kWords, question(), digest, "");
    }
    if (call_.cancelled()) {
      co_return refused("conflict", "The call was cancelled. Nothing was ended.",
                        "Call again if it is still wanted.");
    }
    if (services_.sessions == nullptr) co_return not_ended();
    const Ended ended = co_await services_.sessions->end(account_, ending_);
    if (!ended.is_done) co_return not_ended();
    audit_.outcome = ending_ == Ending::everywhere ? "ended everywhere" : "ended here";
    co_return told(ended);
  }

  const WriteAudit& audit() const { return audit_; }

 private:
  std::string_view reach() const {
    return ending_ == Ending::everywhere ? "everywhere" : "this session";
  }

  std::string question() const {
    if (ending_ == Ending::this_session)
      return "End this assistant's access to your Google account? Your other assistants keep "
             "theirs.";
    return "End the access of every assistant and every browser of yours to your Google account "
           "through this Gatehouse, and take back Google's permission?";
  }

  static mcp::ToolResult not_ended() {
    return refused("google_unavailable", "The session could not be ended just now; it may go on.",
                   "Repeat the call in a moment, or have the user end it on the page /account of "
                   "this Gatehouse.");
  }

  mcp::ToolResult told(const Ended& ended) const {
    std::string message = ending_ == Ending::everywhere
                              ? "Every assistant and every browser of the user has lost its access."
                              : "This session has ended: its next call is refused. Other clients "
                                "keep their access.";
    if (ending_ == Ending::everywhere && !ended.is_revoked_at_google)
      message +=
          " Google could not be told: the user can remove Gatehouse at "
          "https://myaccount.google.com/connections.";
    constexpr std::string_view kBack =
        "To come back, the user connects Gatehouse again in the client and signs in at Google.";
    mcp::ToolResult result;
    base::JsonWriter json(result.structured);
    json.begin_object().member("status", "ended").member("ended", reach());
    json.member("revoked_at_google", ended.is_revoked_at_google);
    json.member("message", message).member("come_back", kBack).end_object();
    result.text = "status: ended\nended: " + std::string(reach()) +
                  "\nrevoked_at_google: " + (ended.is_revoked_at_google ? "yes" : "no") +
                  "\nmessage: " + message + "\ncome_back: " + std::string(kBack);
    return result;
  }

  Services& services_;
  mcp::ToolCall& call_;
  const Account& account_;
  const std::string confirm_;
  const Ending ending_;
  WriteAudit audit_{"account disconnect", "account_disconnect"};
};

}  // namespace

mcp::Tool disconnect_tool(Services& services) {
  mcp::ToolSpec spec;
  spec.name = "account_disconnect";
  spec.title = "Disconnect";
  spec.description = "End this session, or all of the user's. Needs their consent.";
  spec.annotations = {
      .read_only = false, .destructive = true, .idempotent = true, .open_world = false};
  spec.output_schema = R"({"type":"object","properties":{"status":{"type":"string"}}})";
  return mcp::make_tool(std::move(spec), kDisconnectArgs, services,
                        &run_audited<Disconnecting, DisconnectArgs>);
}

}  // namespace gatehouse::workspace
