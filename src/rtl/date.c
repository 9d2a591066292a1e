/*
 * date.c - system time as a date and back.
 */
#include "ke/ddi.h"
#include "ke/processor.h"

#define TICKS_A_MILLISECOND 10000ll
#define MILLISECONDS_A_DAY 86400000ll
#define DAYS_IN_400_YEARS 146097ll

static bool is_leap(int64_t year)
{
    return year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
}

static int days_in(int64_t year, int month)
{
    static const UCHAR days[12] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    return days[month - 1] + (month == 2 && is_leap(year));
}

/* Days from 1601-01-01 to that date. */
static int64_t days_before(int64_t year, int month, int day)
{
    int64_t years = year - 1601;
    int64_t days = years * 365 + years / 4 - years / 100 + years / 400 + day - 1;
    for (int m = 1; m < month; m++) {
        days += days_in(year, m);
    }
    return days;
}

/* Splits a time in 100 ns since 1601 into fields.  Any IRQL.  nf-wdm-rtltimetotimefields. */
VOID NTAPI RtlTimeToTimeFields(PLARGE_INTEGER Time, PTIME_FIELDS TimeFields)
{
    ddi_enter(RtlTimeToTimeFields);
    int64_t milliseconds = Time->QuadPart / TICKS_A_MILLISECOND;
    int64_t days = milliseconds / MILLISECONDS_A_DAY, rest = milliseconds % MILLISECONDS_A_DAY;
    int64_t year = 1601 + days / DAYS_IN_400_YEARS * 400;
    TimeFields->Weekday = (CSHORT)((days + 1) % 7); /* 1601-01-01 was a Monday */
    days %= DAYS_IN_400_YEARS;
    for (int length; days >= (length = is_leap(year) ? 366 : 365); year++) {
        days -= length;
    }
    int month = 1;
    for (; days >= days_in(year, month); month++) {
        days -= days_in(year, month);
    }
    TimeFields->Year = (CSHORT)year;
    TimeFields->Month = (CSHORT)month;
    TimeFields->Day = (CSHORT)(days + 1);
    TimeFields->Hour = (CSHORT)(rest / 3600000);
    TimeFields->Minute = (CSHORT)(rest / 60000 % 60);
    TimeFields->Second = (CSHORT)(rest / 1000 % 60);
    TimeFields->Milliseconds = (CSHORT)(rest % 1000);
}

/* Joins them again; FALSE when they are no date and time.  Any IRQL.  nf-wdm-rtltimefieldstotime. */
BOOLEAN NTAPI RtlTimeFieldsToTime(PTIME_FIELDS TimeFields, PLARGE_INTEGER Time)
{
    ddi_enter(RtlTimeFieldsToTime);
    const TIME_FIELDS *f = TimeFields;
    if (f->Year < 1601 || f->Month < 1 || f->Month > 12 || f->Day < 1 ||
        f->Day > days_in(f->Year, f->Month) || f->Hour < 0 || f->Hour > 23 || f->Minute < 0 ||
        f->Minute > 59 || f->Second < 0 || f->Second > 59 || f->Milliseconds < 0 || f->Milliseconds > 999) {
        return FALSE;
    }
    int64_t milliseconds = days_before(f->Year, f->Month, f->Day) * MILLISECONDS_A_DAY;
    milliseconds += ((f->Hour * 60ll + f->Minute) * 60 + f->Second) * 1000 + f->Milliseconds;
    Time->QuadPart = milliseconds * TICKS_A_MILLISECOND;
    return TRUE;
}
