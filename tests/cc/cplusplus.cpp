/*
 * cplusplus.cpp - a driver in C++, as drivers are: no exceptions, no run-time types, own operator new.
 */
extern "C" {
#include <ndis.h>
}

extern "C" DRIVER_INITIALIZE DriverEntry;

static_assert(min(1, 2) == 1 && max(1, 2) == 2, "macros in C++ too");
static_assert(LOOKASIDE_MINIMUM_BLOCK_SIZE == sizeof(PVOID), "no list is made of smaller entries");

inline void *operator new(size_t, void *where) noexcept
{
    return where;
}

template <typename T> class Guard
{
  public:
    explicit Guard(T *lock) : lock_(lock)
    {
        NdisAcquireSpinLock(lock_);
    }
    ~Guard()
    {
        NdisReleaseSpinLock(lock_);
    }

  private:
    T *lock_;
};

class Counter
{
  public:
    virtual ULONG Add(long n)
    {
        return static_cast<ULONG>(value_ += n);
    }

  private:
    long value_ = 0;
};
static_assert(sizeof(long) == 4, "long has 32 bits");

static ULONG Count()
{
    NDIS_SPIN_LOCK lock;
    NdisAllocateSpinLock(&lock);
    ULONG result;
    {
        Guard<NDIS_SPIN_LOCK> guard(&lock);
        PVOID memory = ExAllocatePoolWithTag(NonPagedPoolNx, sizeof(Counter), 'ppcC');
        if (memory == nullptr) {
            return 0;
        }
        Counter *counter = new (memory) Counter;
        counter->Add(3);
        result = counter->Add(4);
        ExFreePoolWithTag(memory, 'ppcC');
    }
    NdisFreeSpinLock(&lock);
    return result;
}

extern "C" NTSTATUS DriverEntry(PDRIVER_OBJECT, PUNICODE_STRING)
{
    DECLARE_CONST_UNICODE_STRING(name, L"seven");
    return Count() == 7 && name.Length == 10 ? STATUS_SUCCESS : STATUS_UNSUCCESSFUL;
}
