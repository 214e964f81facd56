// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

namespace gatehouse::workspace::gmail {

// Markdown as a whole HTML document for a mail: paragraphs (a line end is a line end), headings,
// emphasis, code, lists, quotes, rules, tables, links. Everything else is text, HTML included.
// Nothing in it is fetched by whoever opens the mail: a picture becomes a link, and links are http,
// https, mailto and tel only. Runs in linear time; what nests deeper than 8 levels is
// text, and what would grow to more than ten times its size stays as it was written.
std::string markdown_to_html(std::string_view markdown);

// The same without the document around it, and lines of plain text as such a piece.
std::string markdown_to_html_piece(std::string_view markdown);
std::string lines_to_html_piece(std::string_view lines);
// A document of pieces.
std::string html_document(std::string_view pieces);

}  // namespace gatehouse::workspace::gmail
