// SPDX-License-Identifier: Apache-2.0
#include "gatehouse/web/file_page.h"

#include "gatehouse/web/display_text.h"
#include "gatehouse/web/log_reference.h"
#include "gatehouse/web/who_asks.h"

namespace gatehouse::web {
namespace {

constexpr std::size_t kCharactersMax = 120;

struct Words {
  int status;
  std::string_view log_word;
  std::string_view title;
  std::string_view happened;
  std::string_view to_do;
};

Words words_for(FileEnd end) {
  switch (end) {
    case FileEnd::uploaded:
      return {201, "uploaded", "Uploaded",
              "The file lies in a draft of your own mailbox, and your assistant can attach it to "
              "mail now.",
              "Go back to your assistant. You can close this page."};
    case FileEnd::link_gone:
      return {404, "link gone", "This link is no longer good",
              "Such a link works once and for fifteen minutes, and only when it is complete.",
              "Ask your assistant for a new one."};
    case FileEnd::other_person:
      return {403, "other person", "This link is another person's",
              "It works only for the person whose assistant made it, and you are signed in as "
              "somebody else. It was not used up.",
              "If it is yours, sign out on your account page, open the link again and choose the "
              "account that your assistant works with. If somebody sent you the link, close this "
              "page."};
    case FileEnd::session_ended:
      return {403, "session ended", "The session that made this link has ended",
              "The assistant that asked for it is no longer connected, so the link is no longer "
              "good.",
              "Connect your assistant again, and ask it for a new link."};
    case FileEnd::google_refused:
      return {403, "google refused", "Google no longer accepts this link",
              "What was allowed when the link was made is not allowed any more.",
              "Ask your assistant for a new link; it will say if you have to sign in again."};
    case FileEnd::file_gone:
      return {404, "file gone", "The file is no longer there",
              "The mail that held it was deleted, or you have no access to it any more.",
              "Look for the mail in Gmail, or ask who sent it to send it again."};
    case FileEnd::google_away:
      return {503, "google away", "Google does not answer just now",
              "The file could not be fetched. The link was not used up.",
              "Open the same link again in a minute."};
    case FileEnd::busy:
      return {503, "busy", "Too many files are under way",
              "This server passes on only so many at once. The link was not used up.",
              "Open the same link again in a minute."};
    case FileEnd::unavailable:
      return {503, "unavailable", "This server is busy",
              "Something that it needs does not answer just now.",
              "Open the same link again in a minute. If it is no longer good then, ask your "
              "assistant for a new one."};
    case FileEnd::too_large:
      return {413, "too large", "The file is too large", "Links bring files of up to 25 MB.",
              "Open it in Gmail, or share a larger file by Google Drive."};
    case FileEnd::no_file:
      return {400, "no file", "There was no file",
              "No file was chosen, or the browser sent it in a form that cannot be read. The link "
              "was not used up.",
              "Open the same link again and choose a file."};
    case FileEnd::form_rejected:
      return {403, "form rejected", "This file did not come from our page",
              "A file counts only from the page and the browser it was asked in. The link was not "
              "used up.",
              "Open the same link again, with cookies switched on."};
    case FileEnd::from_page:
      return {403, "from a page", "Browsers cannot put files here",
              "A page in your browser tried to. The link was not used up.",
              "Open the link itself in your browser and choose the file there."};
    case FileEnd::wrong_way:
      return {405, "wrong way", "This link gives a file and takes none", "It was not used up.",
              "Open it in your browser."};
    case FileEnd::unknown:
      return {502, "outcome unknown", "Google's answer was lost",
              "The file may or may not lie in a draft of your mailbox now.",
              "Ask your assistant for a new link, and look into Drafts for what can be deleted."};
  }
  return {500, "unknown", "Something went wrong", "", "Ask your assistant for a new link."};
}

}  // namespace

std::string_view word_for(FileEnd end) { return words_for(end).log_word; }

Page file_end_page(const SiteSettings& settings, FileEnd end,
                   const telemetry::RequestTrace& trace) {
  const Words words = words_for(end);
  Page page(settings.brand);
  page.status = end == FileEnd::uploaded ? 200 : words.status;
  page.title = words.title;
  page.body = html("<h1>{}</h1>\n<p>{}</p>\n<p>{}</p>\n", words.title, words.happened, words.to_do);
  if (end != FileEnd::uploaded) page.body += log_reference(words.log_word, trace);
  return page;
}

http::Response file_end_text(FileEnd end, const telemetry::RequestTrace& trace) {
  const Words words = words_for(end);
  std::string text(words.title);
  text.append(".\n").append(words.happened).append("\n").append(words.to_do).append("\n");
  if (end != FileEnd::uploaded && !trace.trace_id().empty())
    text.append("In the server's log: trace ").append(trace.trace_id()).append("\n");
  http::Response response = http::text_response(words.status, std::move(text));
  response.with("Cache-Control", "no-store");
  response.with("X-Content-Type-Options", "nosniff");
  if (words.status == 405) response.with("Allow", "GET, HEAD");
  if (words.status == 503) response.with("Retry-After", "10");
  return response;
}

Page file_form_page(const SiteSettings& settings, std::string_view file_name,
                    std::string_view client_name, std::string_view account, std::string_view action,
                    std::string_view sealed_form) {
  Page page(settings.brand);
  page.title = "Give a file";
  page.has_ways_out = false;
  page.form_targets = {"'self'"};
  page.body = html(
      "<h1>Give {} a file?</h1>\n"
      "<p class=\"warning\"><strong>Did your assistant just ask for this?</strong> It wants to "
      "attach a file to mail of yours. If somebody else sent you this link, close the page.</p>\n"
      "<dl>\n"
      "<dt>What it asked for</dt>\n"
      "<dd>{}</dd>\n"
      "<dt>Where it goes</dt>\n"
      "<dd>Into a draft in the mailbox of {}, which you can delete at any time</dd>\n"
      "</dl>\n"
      "<form method=\"post\" action=\"{}\" enctype=\"multipart/form-data\">\n"
      "<input type=\"hidden\" name=\"form\" value=\"{}\">\n"
      "<p><label for=\"file\">A file of up to 25 MB</label><br>\n"
      "<input type=\"file\" id=\"file\" name=\"file\" required></p>\n"
      "<div class=\"choices\">\n"
      "<button type=\"submit\">Upload</button>\n"
      "</div>\n"
      "</form>\n",
      shown_client_name(client_name), display_text(file_name, kCharactersMax),
      display_text(account, kCharactersMax), action, sealed_form);
  return page;
}

}  // namespace gatehouse::web
