/*
 * pageable.cpp - where functions go in C++: by alloc_text (of C linkage, as MSVC wants them), by code_seg.
 * With TAKES_LOCK each of those in PAGE goes on at DISPATCH_LEVEL.
 */
extern "C" {
#include <ndis.h>
}

static KSPIN_LOCK Lock;
static ULONG Count;

static __forceinline void Touch()
{
#ifdef TAKES_LOCK
    KIRQL irql;
    KeAcquireSpinLock(&Lock, &irql);
    Count++;
    KeReleaseSpinLock(&Lock, irql);
#else
    Count++;
#endif
}

extern "C" DRIVER_INITIALIZE DriverEntry;
extern "C" VOID ByName();
#pragma alloc_text(PAGE, ByName)

extern "C" VOID ByName()
{
    Touch();
}

class Adapter
{
  public:
    VOID Open();
    VOID Read() const;
};

#pragma code_seg(push)
#pragma code_seg("PAGE")

VOID Adapter::Open()
{
    Touch();
}

template <typename T> class Holder
{
  public:
    explicit Holder(T *value) : value_(value)
    {
    }
    T *value_;
};

namespace Names
{
static ULONG Number = 1;
}

#pragma code_seg(pop)

VOID Adapter::Read() const
{
    KIRQL irql;
    KeAcquireSpinLock(&Lock, &irql);
    Count += Names::Number;
    KeReleaseSpinLock(&Lock, irql);
}

extern "C" NTSTATUS DriverEntry(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath)
{
    Adapter adapter;
    Holder<Adapter> holder(&adapter);
    UNREFERENCED_PARAMETER(DriverObject);
    UNREFERENCED_PARAMETER(RegistryPath);
    KeInitializeSpinLock(&Lock);
    ByName();
    holder.value_->Open();
    adapter.Read();
    return Count == 3 ? STATUS_SUCCESS : STATUS_UNSUCCESSFUL;
}
