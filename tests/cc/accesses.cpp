/*
 * accesses.cpp - the same for what C++ adds: objects with virtual functions, references, copies of objects.
 */
extern "C" {
#include <ntddk.h>
}

extern "C" DRIVER_INITIALIZE DriverEntry;

struct Counter {
    virtual void Add(LONG amount)
    {
        value += amount;
    }
    LONG value;
};

struct Twice : Counter {
    void Add(LONG amount) override
    {
        value += 2 * amount;
    }
};

struct Plain {
    LONG number[13];
};

extern "C" {
Counter counter;
Twice twice;
Counter *volatile chosen = &twice;
Plain target, source;

VOID call_virtual(VOID)
{
    chosen->Add(1);
}

static void increment_reference(LONG &number)
{
    number++;
}

VOID reference(VOID)
{
    increment_reference(target.number[1]);
}

VOID copy_object(VOID)
{
    target = source;
}

NTSTATUS DriverEntry(PDRIVER_OBJECT, PUNICODE_STRING)
{
    return STATUS_SUCCESS;
}
}
