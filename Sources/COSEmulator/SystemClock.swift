#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// The system's time, and how HTTP writes it.
enum SystemClock {
    /// Unix seconds.
    static var now: Int64 { Int64(time(nil)) }

    /// `Sun, 06 Nov 1994 08:49:37 GMT`. **Source**: RFC 9110, 5.6.7.
    ///
    /// **Shape**: years 1 to 9999, where the form ends.
    static func httpDate(_ seconds: Int64) -> String {
        let days = ["Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed"]
        let months = [
            "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
        ]
        let seconds = min(max(seconds, -62_135_596_800), 253_402_300_799)
        let ofDay = ((seconds % 86_400) + 86_400) % 86_400
        let day = (seconds - ofDay) / 86_400
        let date = civilDate(day)
        let weekday = days[Int(((day % 7) + 7) % 7)]
        return "\(weekday), \(padded(date.day, 2)) \(months[Int(date.month) - 1]) \(padded(date.year, 4)) "
            + "\(padded(ofDay / 3600, 2)):\(padded(ofDay / 60 % 60, 2)):\(padded(ofDay % 60, 2)) GMT"
    }

    /// The Gregorian date of a day counted from 1970-01-01, for days from year 1 on.
    private static func civilDate(_ day: Int64) -> (year: Int64, month: Int64, day: Int64) {
        // Years that begin in March: a leap day is the last of its year, 400 of them have 146,097 days.
        let shifted = day + 719_468
        let era = shifted / 146_097
        let ofEra = shifted % 146_097
        let yearOfEra = (ofEra - ofEra / 1460 + ofEra / 36_524 - ofEra / 146_096) / 365
        let ofYear = ofEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let monthFromMarch = (5 * ofYear + 2) / 153
        let month = monthFromMarch < 10 ? monthFromMarch + 3 : monthFromMarch - 9
        let year = era * 400 + yearOfEra + (month <= 2 ? 1 : 0)
        return (year, month, ofYear - (153 * monthFromMarch + 2) / 5 + 1)
    }

    private static func padded(_ number: Int64, _ width: Int) -> String {
        let digits = "\(number)"
        return String(repeating: "0", count: max(0, width - digits.utf8.count)) + digits
    }
}
