#pragma once

#include <string>
#include <string_view>

#include "base/result.h"
#include "model/undo_record.h"

/// An UndoRecord as text, for the journal and for the pipe to the guardian.
/// One line per part, fields separated by tabs, text fields percent-encoded.
namespace m1opt::journal {

using namespace m1opt::base;
using namespace m1opt::model;

std::string record_to_text(const UndoRecord& record);

/// `parse` names the line when the text is not exactly what record_to_text
/// writes; a record is never half read.
Result<UndoRecord> record_from_text(std::string_view text);

}  // namespace m1opt::journal
