// Boost.JSON, compiled with what libFuzzer watches: with the system's library it would be blind in
// the middle of every JSON target.
#include <boost/json/src.hpp>
