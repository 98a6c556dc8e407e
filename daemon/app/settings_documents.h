#pragma once

#include "settings/engine.h"
#include "settings/setting.h"
#include "wire/settings.h"

/// Settings as the API shows them.
namespace m1opt::app {

std::optional<wire::SettingValue> document_of(const settings::Reading& reading);
/// Without what is read from the machine.
wire::SettingStatus document_of(const settings::Setting& row);
wire::SettingRecord document_of(const settings::Record& record);
wire::SettingReport document_of(const settings::Report& report);

}  // namespace m1opt::app
