#include "client/doctor.h"

#include "client/api.h"
#include "client/commands/all.h"
#include "client/render/findings.h"
#include "wire/text.h"

namespace m1opt::client {

int run_doctor(Context& context, Arguments& arguments) {
  bool json = false;
  arguments.flag("--json", json, "One document {schema, findings}");
  if (const auto status = arguments.parse(context)) return *status;
  const std::vector<Finding> findings = examine(context);
  if (json) {
    print_document({wire::to_text(boost::json::object{{"schema", "m1opt.doctor/1"},
                                                      {"version", M1OPT_VERSION},
                                                      {"findings", render::findings_json(findings)}}),
                    {}});
  } else {
    print(context, render::findings_text(context.style, findings));
  }
  return exit_status_of(findings);
}

}  // namespace m1opt::client
