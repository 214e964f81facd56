// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <vector>

#include "gatehouse/workspace/gmail/compose.h"
#include "gatehouse/workspace/gmail/mail_answer.h"

namespace gatehouse::workspace::gmail {

// What the mail itself says of what a tool would write, or wrote. What has become of it (status,
// ids, size) is the tool's to add.
MailPreview preview_of(const ComposedMail& mail, const std::vector<MailAddress>& outside);
MailAnswer answer_of(const ComposedMail& mail);

}  // namespace gatehouse::workspace::gmail
