#include "catalog/currency.h"

#include "doorbuster/base/check.h"

namespace doorbuster {
namespace {

// ISO 4217 list one, as of 2026: three letters and a space each, by digits of the minor unit.
constexpr std::string_view kCurrenciesByDigits[] = {
    "BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF ",
    "",
    "AED AFN ALL AMD AOA ARS AUD AWG AZN BAM BBD BDT BMD BND BOB BOV BRL BSD BTN BWP BYN BZD CAD CDF "
    "CHE CHF CHW CNY COP COU CRC CUP CVE CZK DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL GHS GIP GMD "
    "GTQ GYD HKD HNL HTG HUF IDR ILS INR IRR JMD KES KGS KHR KPW KYD KZT LAK LBP LKR LRD LSL MAD MDL "
    "MGA MKD MMK MNT MOP MRU MUR MVR MWK MXN MXV MYR MZN NAD NGN NIO NOK NPR NZD PAB PEN PGK PHP PKR "
    "PLN QAR RON RSD RUB SAR SBD SCR SDG SEK SGD SHP SLE SOS SRD SSP STN SVC SYP SZL THB TJS TMT TOP "
    "TRY TTD TWD TZS UAH USD USN UYU UZS VED VES WST XCD XCG YER ZAR ZMW ZWG ",
    "BHD IQD JOD KWD LYD OMR TND ",
    "CLF UYW ",
};
constexpr std::size_t kEntryBytes = 4;

}  // namespace

std::optional<int> currency_digits(std::string_view code) {
  if (code.size() + 1 != kEntryBytes) return std::nullopt;
  int digits = 0;
  for (const std::string_view codes : kCurrenciesByDigits) {
    for (std::size_t at = 0; at < codes.size(); at += kEntryBytes) {
      if (codes.substr(at, code.size()) == code) return digits;
    }
    ++digits;
  }
  return std::nullopt;
}

std::string format_money(std::int64_t amount, std::string_view code) {
  const std::optional<int> digits = currency_digits(code);
  DOORBUSTER_CHECK(digits.has_value() && amount >= 0);
  const auto minor = static_cast<std::size_t>(*digits);
  std::string out = std::to_string(amount);
  if (minor > 0) {
    if (out.size() <= minor) out.insert(0, minor + 1 - out.size(), '0');
    out.insert(out.size() - minor, ".");
  }
  return out + ' ' + std::string(code);
}

}  // namespace doorbuster
