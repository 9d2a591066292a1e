/* A client of the network module registrar: attached at PASSIVE_LEVEL, detached at <= DISPATCH_LEVEL. */
#include "../zoo.h"

static ULONG Binding;

static BOOLEAN MakeLocks(VOID);
static VOID DeleteLocks(VOID);
static VOID Attach(VOID);
static VOID Detach(VOID);

static VOID Registrar(VOID)
{
    KIRQL irql;
    Attach();
    Detach();
    Attach();
    KeRaiseIrql(DISPATCH_LEVEL, &irql);
    Detach();
    KeLowerIrql(irql);
}

static BOOLEAN ZooStart(VOID)
{
    if (!MakeLocks()) {
        return FALSE;
    }
    ZooThread(0, Registrar);
    return TRUE;
}

static VOID ZooStop(VOID)
{
    NT_ASSERT(Binding == 0);
    DeleteLocks();
}
