// SPDX-License-Identifier: Apache-2.0
#include "gatehouse/web/trouble_page.h"

#include "gatehouse/web/domain_words.h"
#include "gatehouse/web/log_reference.h"

namespace gatehouse::web {
namespace {

struct Words {
  int status;
  std::string_view log_word;
  std::string_view title;
  std::string_view happened;
  std::string_view to_do;
};

Words words_for(Trouble trouble) {
  switch (trouble) {
    case Trouble::bad_request:
      return {400, "bad request", "This link is not complete",
              "The application sent a request that cannot be read.",
              "Start again from the application. If it happens again, its developer can help."};
    case Trouble::unknown_client:
      return {400, "unknown client", "This application is not known here",
              "Its registration has expired or belongs to another server.",
              "Remove the server from your application and add it again; that registers it anew."};
    case Trouble::client_refused:
      return {400, "client refused", "This application cannot be accepted",
              "What it publishes about itself, at the address that is its name, is missing or not "
              "in order.",
              "Its developer can help; the server's log says what is wrong."};
    case Trouble::client_unreadable:
      return {503, "client unreadable", "This application cannot be looked up now",
              "What it publishes about itself, at the address that is its name, could not be "
              "fetched.",
              "Nothing was lost. Try again in a minute. If it stays, tell your administrator: the "
              "server may not be able to reach that address."};
    case Trouble::wrong_redirect:
      return {400, "wrong redirect", "The answer would go to the wrong place",
              "The application asked for the answer at an address it did not register.",
              "Remove the server from your application and add it again. If you followed a link "
              "from somebody else, close this page."};
    case Trouble::form_rejected:
      return {403, "form rejected", "This answer did not come from our page",
              "An answer counts only from the page and the browser it was asked in.",
              "Nothing was allowed. Start again from your application, with cookies switched on."};
    case Trouble::form_expired:
      return {403, "form expired", "This page was open for too long",
              "For your safety it can be answered for ten minutes.",
              "Nothing was allowed. Start again from your application."};
    case Trouble::already_answered:
      return {403, "already answered", "This was answered already",
              "Each request is answered once.",
              "Look at your application: it may be connected. If not, start again from there."};
    case Trouble::sign_in_gone:
      return {400, "sign-in gone", "This sign-in is no longer under way",
              "It took longer than ten minutes, was finished before, or began in another browser.",
              "Start again from your application, and stay in one browser."};
    case Trouble::declined_at_google:
      return {400, "declined at Google", "You did not sign in",
              "Google reports that the request was declined.",
              "Nothing was stored. Sign in again when you like."};
    case Trouble::admin_policy:
      return {403, "admin policy", "Your organization has not allowed this yet",
              "At Google, the administrator of your organization decides which applications may "
              "use its data, and this one is not among them.",
              "Ask your administrator to allow it in the Google Admin console, under Security, API "
              "controls. Then sign in again."};
    case Trouble::not_of_google:
      return {403, "not of the organization", "This account is not of this organization",
              "Google lets only accounts of one organization use this application.",
              "Sign in again and choose your work account on Google's page."};
    case Trouble::google_error:
      return {502, "google error", "Google could not complete the sign-in",
              "Google came back with an error.",
              "Try again in a moment. If it stays, tell your administrator."};
    case Trouble::wrong_domain:
      return {403, "wrong domain", "This account belongs to another organization",
              "Only accounts of this organization can sign in here.",
              "Sign in again and choose your work account on Google's page."};
    case Trouble::no_domain:
      return {403, "no domain", "This is a personal Google account",
              "Only accounts of an organization's Google Workspace can sign in here.",
              "Sign in again and choose your work account on Google's page."};
    case Trouble::email_unverified:
      return {403, "email unverified", "Google has not verified your address",
              "Only addresses that Google has verified can sign in here.",
              "Verify the address in your Google account, then sign in again."};
    case Trouble::identity_invalid:
      return {403, "identity invalid", "The sign-in could not be verified",
              "What Google sent does not prove who you are.",
              "Sign in again. If it happens again, tell your administrator."};
    case Trouble::google_unreachable:
      return {503, "google unreachable", "Google cannot be reached",
              "Google did not answer just now.", "Nothing was lost. Try again in a minute."};
    case Trouble::misconfigured:
      return {500, "misconfigured", "This server is not set up correctly",
              "Google does not accept the credentials of this server.",
              "Tell your administrator; the server's log says more."};
    case Trouble::unavailable:
      return {503, "unavailable", "This server is busy",
              "Something that it needs does not answer just now.",
              "Nothing was lost. Try again in a minute."};
    case Trouble::too_many:
      return {429, "too many", "Too many sign-ins from your network",
              "Only so many may begin in an hour.", "Wait a little, then try again."};
  }
  return {500, "unknown", "Something went wrong", "", "Try again."};
}

// "Use an account of example.com or example.org." where a domain decides.
std::string domain_hint(const SiteSettings& settings, Trouble trouble) {
  if (trouble != Trouble::wrong_domain && trouble != Trouble::no_domain) return {};
  const std::string domains = domain_words(settings.allowed_domains);
  return domains.empty() ? domains : " Accounts of " + domains + " are accepted.";
}

// Whether the same request may come to a better end, with another account or a minute later.
bool can_start_anew(Trouble trouble) {
  switch (trouble) {
    case Trouble::wrong_domain:
    case Trouble::no_domain:
    case Trouble::not_of_google:
    case Trouble::email_unverified:
    case Trouble::identity_invalid:
    case Trouble::google_error:
    case Trouble::google_unreachable:
    case Trouble::unavailable:
      return true;
    default:
      return false;
  }
}

Html ways(const WayOn& again, const WayOn& way_on) {
  Html links;
  if (!again.address.empty()) {
    links += html("<a class=\"button\" href=\"{}\">{}</a>\n", again.address, again.text);
  }
  if (!way_on.address.empty()) {
    const std::string_view kind = again.address.empty() ? "button" : "button second";
    links += html("<a class=\"{}\" href=\"{}\">{}</a>\n", kind, way_on.address, way_on.text);
  }
  if (links.empty()) return {};
  return html("<p class=\"choices\">\n{}</p>\n", links);
}

}  // namespace

Trouble trouble_of(identity::Refusal refusal) {
  using identity::Refusal;
  switch (refusal) {
    case Refusal::provider_unreachable:
      return Trouble::google_unreachable;
    case Refusal::provider_refused:
    case Refusal::refresh_revoked:
      return Trouble::google_error;
    case Refusal::client_misconfigured:
      return Trouble::misconfigured;
    case Refusal::token_invalid:
    case Refusal::nonce_mismatch:
      return Trouble::identity_invalid;
    case Refusal::no_domain:
      return Trouble::no_domain;
    case Refusal::wrong_domain:
      return Trouble::wrong_domain;
    case Refusal::email_unverified:
      return Trouble::email_unverified;
  }
  return Trouble::identity_invalid;
}

std::string_view word_for(Trouble trouble) { return words_for(trouble).log_word; }

Trouble trouble_from_google(std::string_view error) {
  if (error == "access_denied") return Trouble::declined_at_google;
  if (error == "temporarily_unavailable") return Trouble::google_unreachable;
  if (error == "admin_policy_enforced") return Trouble::admin_policy;
  if (error == "org_internal") return Trouble::not_of_google;
  return Trouble::google_error;
}

Page trouble_page(const SiteSettings& settings, Trouble trouble,
                  const telemetry::RequestTrace& trace, const WayOn& way_on, const WayOn& again) {
  const Words words = words_for(trouble);
  Page page(settings.brand);
  page.status = words.status;
  page.title = words.title;
  page.body = html("<h1>{}</h1>\n<p class=\"lead\">{}{}</p>\n<p>{}</p>\n{}{}", words.title,
                   words.happened, domain_hint(settings, trouble), words.to_do,
                   ways(can_start_anew(trouble) ? again : WayOn(), way_on),
                   log_reference(words.log_word, trace));
  return page;
}

}  // namespace gatehouse::web
