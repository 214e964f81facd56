// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

namespace gatehouse::workspace::gmail {

// The host a link opens, as browsers read it; empty when the link opens no host.
std::string link_host(std::string_view url);

// The host a link's text makes a reader expect; empty when it names none.
std::string shown_host(std::string_view text);

// Whether one host is the other or lies under it, "www." aside.
bool same_site(std::string_view a, std::string_view b);

// A link target fit for markdown: http, https, mailto or tel, without spaces or brackets, at most
// 2,000 characters. Empty when it is anything else.
std::string link_target(std::string_view url);

}  // namespace gatehouse::workspace::gmail
