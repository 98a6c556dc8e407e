#pragma once

#include <string>
#include <string_view>

#include "client/planning/subject.h"

namespace m1opt::client::planning {

/// A model of whose file a running Ollama tells: its store may belong to another user. `answer` is
/// that of POST /api/show; `unsupported` when it is one without lists and the model has some.
base::Result<Subject> subject_of_show(const std::string& name, std::string_view answer);

/// Asks the Ollama that OLLAMA_HOST names. Absent: none answers, or it has no such model.
Expected<std::optional<Subject>> ask_for_subject(const std::string& word);

}  // namespace m1opt::client::planning
