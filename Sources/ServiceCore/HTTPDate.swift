/// Converts dates of HTTP headers and timestamps of receipts to and from Unix seconds.
package enum HTTPDate {
    private static let weekdays = ["Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed"]
    private static let months = [
        "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
    ]

    /// Parses the three formats that RFC 9110, section 5.6.7, requires; nil for anything else: `Sun, 06 Nov
    /// 1994 08:49:37 GMT`, `Sunday, 06-Nov-94 08:49:37 GMT`, `Sun Nov  6 08:49:37 1994`.
    package static func unixSeconds(_ text: String) -> Int64? {
        let words = text.split(separator: " ")
        switch words.count {
        case 6 where words[0].utf8.count == 4 && words[0].last == "," && words[5] == "GMT":
            return seconds(
                year: number(words[3], digits: 4), month: words[2], day: number(words[1], digits: 2),
                time: words[4])
        case 4 where words[0].hasSuffix("day,") && words[3] == "GMT":
            let date = words[1].split(separator: "-", omittingEmptySubsequences: false)
            guard date.count == 3, let year = number(date[2], digits: 2) else { return nil }
            // Two-digit years start at 1970, the beginning of Unix time.
            return seconds(
                year: year < 70 ? 2000 + year : 1900 + year, month: date[1], day: number(date[0], digits: 2),
                time: words[2])
        case 5 where words[0].utf8.count == 3:
            return seconds(
                year: number(words[4], digits: 4), month: words[1],
                day: number(words[2], digits: words[2].utf8.count),
                time: words[3])
        default: return nil
        }
    }

    private static func seconds(year: Int64?, month: Substring, day: Int64?, time: Substring) -> Int64? {
        let time = time.split(separator: ":", omittingEmptySubsequences: false)
        guard let year, let day, (1...31).contains(day), let month = months.firstIndex(of: String(month)),
            time.count == 3, let hour = number(time[0], digits: 2), let minute = number(time[1], digits: 2),
            let second = number(time[2], digits: 2), hour < 24, minute < 60, second <= 60
        else { return nil }
        return days(year: year, month: Int64(month) + 1, day: day) * 86_400 + hour * 3600 + minute * 60
            + second
    }

    /// Formats as `Sun, 06 Nov 1994 08:49:37 GMT` (RFC 9110, IMF-fixdate).
    package static func text(_ unixSeconds: Int64) -> String {
        let (days, second) = daysAndSecond(unixSeconds)
        let (year, month, day) = date(days: days)
        let weekday = weekdays[Int((days % 7 + 7) % 7)]
        return
            "\(weekday), \(padded(day, 2)) \(months[Int(month) - 1]) \(padded(year, 4)) \(time(second)) GMT"
    }

    /// Formats as `2017-09-12T07:36:59Z` (RFC 3339).
    package static func timestamp(_ unixSeconds: Int64) -> String {
        let (days, second) = daysAndSecond(unixSeconds)
        let (year, month, day) = date(days: days)
        return "\(padded(year, 4))-\(padded(month, 2))-\(padded(day, 2))T\(time(second))Z"
    }

    /// Days since 1970-01-01 and seconds of that day.
    ///
    /// **Shape**: clamped to the years 1 to 9999, the range of the formats.
    private static func daysAndSecond(_ unixSeconds: Int64) -> (days: Int64, second: Int64) {
        let seconds = min(max(unixSeconds, -62_135_596_800), 253_402_300_799)
        let days = (seconds >= 0 ? seconds : seconds - 86_399) / 86_400
        return (days, seconds - days * 86_400)
    }

    private static func time(_ second: Int64) -> String {
        "\(padded(second / 3600, 2)):\(padded(second / 60 % 60, 2)):\(padded(second % 60, 2))"
    }

    private static func number(_ text: Substring, digits: Int) -> Int64? {
        guard (1...4).contains(digits), text.utf8.count == digits,
            text.utf8.allSatisfy({ (48...57).contains($0) })
        else { return nil }
        return Int64(text)
    }

    private static func padded(_ number: Int64, _ width: Int) -> String {
        let digits = String(number)
        return String(repeating: "0", count: max(0, width - digits.utf8.count)) + digits
    }

    /// Days since 1970-01-01 in the Gregorian calendar.
    ///
    /// Years are counted from 1 March, so that leap days come last.
    private static func days(year: Int64, month: Int64, day: Int64) -> Int64 {
        let shifted = month <= 2 ? year - 1 : year
        let era = shifted / 400
        let yearOfEra = shifted - era * 400
        let dayOfYear = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1
        return era * 146_097 + yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear - 719_468
    }

    private static func date(days: Int64) -> (year: Int64, month: Int64, day: Int64) {
        let shifted = days + 719_468
        let era = (shifted >= 0 ? shifted : shifted - 146_096) / 146_097
        let dayOfEra = shifted - era * 146_097
        let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let shiftedMonth = (5 * dayOfYear + 2) / 153
        let month = shiftedMonth + (shiftedMonth < 10 ? 3 : -9)
        let year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0)
        return (year, month, dayOfYear - (153 * shiftedMonth + 2) / 5 + 1)
    }
}
