// SPDX-License-Identifier: GPL-3.0-or-later
// Precompiled: these two take most of the time in which the sources of this floor are compiled.
// Every source includes what it uses all the same.
#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>
