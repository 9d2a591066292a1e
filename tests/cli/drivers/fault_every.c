/*
 * Calls what can fail of the functions that need no adapter, each at a place of its own, and takes a failure
 * of each as it should.  unic calls those that need one.
 */
#include <ndis.h>

#define TAG 'tluF'
#define PATH L"\\Registry\\Machine\\System\\Faults"

static UCHAR bytes[256];
static PHYSICAL_ADDRESS anywhere = {.QuadPart = -1};
static const PHYSICAL_ADDRESS nothing;

static VOID free_pool(PVOID block)
{
    if (block != NULL) {
        ExFreePoolWithTag(block, TAG);
    }
}

static VOID use_pool(VOID)
{
    PVOID block = ExAllocatePool(NonPagedPoolNx, 8);
    if (block != NULL) {
        ExFreePool(block);
    }
    free_pool(ExAllocatePoolWithTag(NonPagedPoolNx, 8, TAG));
    free_pool(ExAllocatePoolWithTagPriority(NonPagedPoolNx, 8, TAG, NormalPoolPriority));
    free_pool(ExAllocatePoolWithQuotaTag(NonPagedPoolNx | POOL_QUOTA_FAIL_INSTEAD_OF_RAISE, 8, TAG));
    free_pool(ExAllocatePoolZero(NonPagedPoolNx, 8, TAG));
    free_pool(ExAllocatePoolUninitialized(NonPagedPoolNx, 8, TAG));
    free_pool(ExAllocatePool2(POOL_FLAG_NON_PAGED, 8, TAG));
    free_pool(ExAllocatePool3(POOL_FLAG_NON_PAGED, 8, TAG, NULL, 0));
    if (NdisAllocateMemoryWithTag(&block, 8, TAG) == NDIS_STATUS_SUCCESS) {
        NdisFreeMemory(block, 8, 0);
    }
}

static VOID use_lookaside(VOID)
{
    static NPAGED_LOOKASIDE_LIST nonpaged;
    static PAGED_LOOKASIDE_LIST paged;
    static LOOKASIDE_LIST_EX either;
    ExInitializeNPagedLookasideList(&nonpaged, NULL, NULL, 0, 32, TAG, 0);
    PVOID block = ExAllocateFromNPagedLookasideList(&nonpaged);
    if (block != NULL) {
        ExFreeToNPagedLookasideList(&nonpaged, block);
    }
    ExDeleteNPagedLookasideList(&nonpaged);
    ExInitializePagedLookasideList(&paged, NULL, NULL, 0, 32, TAG, 0);
    block = ExAllocateFromPagedLookasideList(&paged);
    if (block != NULL) {
        ExFreeToPagedLookasideList(&paged, block);
    }
    ExDeletePagedLookasideList(&paged);
    if (NT_SUCCESS(ExInitializeLookasideListEx(&either, NULL, NULL, NonPagedPoolNx, 0, 32, TAG, 0))) {
        block = ExAllocateFromLookasideListEx(&either);
        if (block != NULL) {
            ExFreeToLookasideListEx(&either, block);
        }
        ExDeleteLookasideListEx(&either);
    }
}

static VOID use_pages(VOID)
{
    PMDL mdl = IoAllocateMdl(bytes, sizeof(bytes), FALSE, FALSE, NULL);
    if (mdl != NULL) {
        MmBuildMdlForNonPagedPool(mdl);
        IoFreeMdl(mdl);
    }
    mdl = MmAllocatePagesForMdl(nothing, anywhere, nothing, PAGE_SIZE);
    if (mdl != NULL) {
        PVOID mapped =
            MmMapLockedPagesSpecifyCache(mdl, KernelMode, MmCached, NULL, FALSE, NormalPagePriority);
        if (mapped != NULL) {
            MmUnmapLockedPages(mapped, mdl);
        }
        MmFreePagesFromMdl(mdl);
        ExFreePool(mdl);
    }
    mdl = MmAllocatePagesForMdlEx(nothing, anywhere, nothing, PAGE_SIZE, MmCached, 0);
    if (mdl != NULL) {
        MmFreePagesFromMdl(mdl);
        ExFreePool(mdl);
    }
    PVOID pages = MmAllocateContiguousMemory(PAGE_SIZE, anywhere);
    if (pages != NULL) {
        MmFreeContiguousMemory(pages);
    }
    pages = MmAllocateContiguousMemorySpecifyCache(PAGE_SIZE, nothing, anywhere, nothing, MmCached);
    if (pages != NULL) {
        MmFreeContiguousMemorySpecifyCache(pages, PAGE_SIZE, MmCached);
    }
    pages = MmAllocateNonCachedMemory(PAGE_SIZE);
    if (pages != NULL) {
        MmFreeNonCachedMemory(pages, PAGE_SIZE);
    }
}

static VOID use_objects(VOID)
{
    PEX_RUNDOWN_REF_CACHE_AWARE rundown = ExAllocateCacheAwareRundownProtection(NonPagedPoolNx, TAG);
    if (rundown != NULL) {
        ExFreeCacheAwareRundownProtection(rundown);
    }
    PNDIS_RW_LOCK_EX lock = NdisAllocateRWLock(NULL);
    if (lock != NULL) {
        NdisFreeRWLock(lock);
    }
    HANDLE event;
    if (NT_SUCCESS(ZwCreateEvent(&event, EVENT_ALL_ACCESS, NULL, NotificationEvent, FALSE))) {
        ZwClose(event);
    }
    UNICODE_STRING name = RTL_CONSTANT_STRING(L"\\BaseNamedObjects\\Faults");
    if (IoCreateNotificationEvent(&name, &event) != NULL) {
        ZwClose(event);
    }
    if (IoCreateSynchronizationEvent(&name, &event) != NULL) {
        ZwClose(event);
    }
}

static VOID run(PVOID context)
{
    UNREFERENCED_PARAMETER(context);
    PsTerminateSystemThread(STATUS_SUCCESS);
}

static VOID use_thread(VOID)
{
    HANDLE handle;
    PVOID thread;
    if (!NT_SUCCESS(PsCreateSystemThread(&handle, THREAD_ALL_ACCESS, NULL, NULL, NULL, run, NULL))) {
        return;
    }
    if (NT_SUCCESS(ObReferenceObjectByHandle(handle, SYNCHRONIZE, NULL, KernelMode, &thread, NULL))) {
        KeWaitForSingleObject(thread, Executive, KernelMode, FALSE, NULL);
        ObDereferenceObject(thread);
    }
    ZwClose(handle);
}

static VOID tick(PDEVICE_OBJECT device, PVOID context)
{
    UNREFERENCED_PARAMETER(device);
    UNREFERENCED_PARAMETER(context);
}

static NTSTATUS refuse(PDEVICE_OBJECT device, PIRP irp)
{
    UNREFERENCED_PARAMETER(device);
    irp->IoStatus.Status = STATUS_NOT_SUPPORTED;
    irp->IoStatus.Information = 0;
    IoCompleteRequest(irp, IO_NO_INCREMENT);
    return STATUS_NOT_SUPPORTED;
}

/* Requests that are built are freed by being sent. */
static VOID use_requests(PDEVICE_OBJECT device)
{
    KEVENT done;
    IO_STATUS_BLOCK status;
    KeInitializeEvent(&done, NotificationEvent, FALSE);
    PIRP irp =
        IoBuildDeviceIoControlRequest(CTL_CODE(FILE_DEVICE_UNKNOWN, 1, METHOD_BUFFERED, FILE_ANY_ACCESS),
                                      device, bytes, 8, NULL, 0, FALSE, &done, &status);
    if (irp != NULL) {
        (void)IoCallDriver(device, irp);
    }
    KeClearEvent(&done);
    irp = IoBuildSynchronousFsdRequest(IRP_MJ_FLUSH_BUFFERS, device, NULL, 0, NULL, &done, &status);
    if (irp != NULL) {
        (void)IoCallDriver(device, irp);
    }
}

/* Another device above that one, which is made in the way that asks for a security descriptor. */
static VOID use_stack(PDRIVER_OBJECT driver, PDEVICE_OBJECT device)
{
    UNICODE_STRING everybody = RTL_CONSTANT_STRING(L"D:P(A;;GA;;;WD)");
    PDEVICE_OBJECT upper, lower;
    if (!NT_SUCCESS(
            IoCreateDeviceSecure(driver, 0, NULL, FILE_DEVICE_UNKNOWN, 0, FALSE, &everybody, NULL, &upper))) {
        return;
    }
    lower = IoAttachDeviceToDeviceStack(upper, device);
    if (lower != NULL) {
        IoDetachDevice(lower);
    }
    IoDeleteDevice(upper);
}

static VOID use_device(PDRIVER_OBJECT driver)
{
    PDEVICE_OBJECT device;
    PVOID extension;
    UNICODE_STRING name = RTL_CONSTANT_STRING(L"\\Device\\Faults"),
                   link = RTL_CONSTANT_STRING(L"\\DosDevices\\Faults");
    IoAllocateDriverObjectExtension(driver, bytes, 16, &extension);
    if (!NT_SUCCESS(IoCreateDevice(driver, 0, &name, FILE_DEVICE_UNKNOWN, 0, FALSE, &device))) {
        return;
    }
    if (NT_SUCCESS(IoCreateSymbolicLink(&link, &name))) {
        IoDeleteSymbolicLink(&link);
    }
    (void)IoInitializeTimer(device, tick, NULL);
    PIO_WORKITEM item = IoAllocateWorkItem(device);
    if (item != NULL) {
        IoFreeWorkItem(item);
    }
    PVOID entry = IoAllocateErrorLogEntry(device, sizeof(IO_ERROR_LOG_PACKET));
    if (entry != NULL) {
        IoFreeErrorLogEntry(entry);
    }
    PIRP irp = IoAllocateIrp(1, FALSE);
    if (irp != NULL) {
        IoFreeIrp(irp);
    }
    use_requests(device);
    use_stack(driver, device);
    IoDeleteDevice(device);
}

static VOID use_registry(VOID)
{
    HANDLE key;
    UNICODE_STRING path = RTL_CONSTANT_STRING(PATH), name = RTL_CONSTANT_STRING(L"Value");
    OBJECT_ATTRIBUTES attributes;
    ULONG value = 1, length;
    RtlCreateRegistryKey(RTL_REGISTRY_ABSOLUTE, (PWSTR)PATH);
    RtlWriteRegistryValue(RTL_REGISTRY_ABSOLUTE, PATH, L"Value", REG_DWORD, &value, sizeof(value));
    InitializeObjectAttributes(&attributes, &path, OBJ_KERNEL_HANDLE | OBJ_CASE_INSENSITIVE, NULL, NULL);
    if (NT_SUCCESS(ZwCreateKey(&key, KEY_ALL_ACCESS, &attributes, 0, NULL, 0, NULL))) {
        ZwSetValueKey(key, &name, 0, REG_DWORD, &value, sizeof(value));
        ZwClose(key);
    }
    if (NT_SUCCESS(ZwOpenKey(&key, KEY_ALL_ACCESS, &attributes))) {
        ZwQueryValueKey(key, &name, KeyValuePartialInformation, bytes, sizeof(bytes), &length);
        ZwClose(key);
    }
    RTL_QUERY_REGISTRY_TABLE table[2] = {
        {.Flags = RTL_QUERY_REGISTRY_DIRECT, .Name = (PWSTR)L"Value", .EntryContext = &value}};
    RtlQueryRegistryValues(RTL_REGISTRY_ABSOLUTE, PATH, table, NULL, NULL);
}

static VOID use_strings(VOID)
{
    ANSI_STRING narrow = RTL_CONSTANT_STRING("text"), back;
    UNICODE_STRING wide, upper;
    if (!NT_SUCCESS(RtlAnsiStringToUnicodeString(&wide, &narrow, TRUE))) {
        return;
    }
    if (NT_SUCCESS(RtlUnicodeStringToAnsiString(&back, &wide, TRUE))) {
        RtlFreeAnsiString(&back);
    }
    if (NT_SUCCESS(RtlUpcaseUnicodeString(&upper, &wide, TRUE))) {
        RtlFreeUnicodeString(&upper);
    }
    RtlFreeUnicodeString(&wide);
}

/* A list with a buffer that is lengthened, read and cloned. */
static VOID use_list(NDIS_HANDLE lists, NDIS_HANDLE buffers)
{
    static UCHAR storage[64];
    PNET_BUFFER_LIST list = NdisAllocateNetBufferList(lists, 0, 0), clone;
    if (list == NULL) {
        return;
    }
    NET_BUFFER_LIST_FIRST_NB(list) = NdisAllocateNetBufferMdlAndData(buffers);
    PNET_BUFFER buffer = NET_BUFFER_LIST_FIRST_NB(list);
    if (buffer != NULL) {
        if (NdisRetreatNetBufferListDataStart(list, 40, 0, NULL, NULL) == NDIS_STATUS_SUCCESS) {
            (void)NdisGetDataBuffer(buffer, 20, storage, 1, 0);
            clone = NdisAllocateCloneNetBufferList(list, lists, buffers, NDIS_CLONE_FLAGS_USE_ORIGINAL_MDLS);
            if (clone != NULL) {
                NdisFreeCloneNetBufferList(clone, NDIS_CLONE_FLAGS_USE_ORIGINAL_MDLS);
            }
            NdisAdvanceNetBufferListDataStart(list, 40, TRUE, NULL);
        }
        NdisFreeNetBuffer(buffer);
        NET_BUFFER_LIST_FIRST_NB(list) = NULL;
    }
    NdisFreeNetBufferList(list);
}

static VOID use_buffers(PNDIS_GENERIC_OBJECT object)
{
    NET_BUFFER_LIST_POOL_PARAMETERS lists = {0};
    NET_BUFFER_POOL_PARAMETERS buffers = {0};
    lists.Header.Type = buffers.Header.Type = NDIS_OBJECT_TYPE_DEFAULT;
    lists.Header.Revision = NET_BUFFER_LIST_POOL_PARAMETERS_REVISION_1;
    lists.Header.Size = NDIS_SIZEOF_NET_BUFFER_LIST_POOL_PARAMETERS_REVISION_1;
    buffers.Header.Revision = NET_BUFFER_POOL_PARAMETERS_REVISION_1;
    buffers.Header.Size = NDIS_SIZEOF_NET_BUFFER_POOL_PARAMETERS_REVISION_1;
    lists.PoolTag = buffers.PoolTag = TAG;
    buffers.DataSize = 64;
    NDIS_HANDLE pool = NdisAllocateNetBufferListPool(object, &lists);
    NDIS_HANDLE both = NdisAllocateNetBufferPool(object, &buffers);
    if (pool != NULL && both != NULL) {
        use_list(pool, both);
    }
    if (both != NULL) {
        NdisFreeNetBufferPool(both);
    }
    if (pool != NULL) {
        PNET_BUFFER_LIST list = NdisAllocateNetBufferList(pool, 0, 0);
        if (list != NULL) {
            if (NdisAllocateNetBufferListContext(list, 32, 0, TAG) == NDIS_STATUS_SUCCESS) {
                NdisFreeNetBufferListContext(list, 32);
            }
            NdisFreeNetBufferList(list);
        }
        NdisFreeNetBufferListPool(pool);
    }
    pool = NdisAllocateNetBufferPool(object, &buffers);
    if (pool != NULL) {
        PNET_BUFFER buffer = NdisAllocateNetBuffer(pool, NULL, 0, 0);
        if (buffer != NULL) {
            NdisFreeNetBuffer(buffer);
        }
        buffer = NdisAllocateNetBufferMdlAndData(pool);
        if (buffer != NULL) {
            if (NdisRetreatNetBufferDataStart(buffer, 100, 0, NULL) == NDIS_STATUS_SUCCESS) {
                NdisAdvanceNetBufferDataStart(buffer, 100, TRUE, NULL);
            }
            NdisFreeNetBuffer(buffer);
        }
        NdisFreeNetBufferPool(pool);
    }
}

static VOID elapsed(PVOID a, PVOID context, PVOID b, PVOID c)
{
    UNREFERENCED_PARAMETER(a);
    UNREFERENCED_PARAMETER(context);
    UNREFERENCED_PARAMETER(b);
    UNREFERENCED_PARAMETER(c);
}

static VOID use_timer(PNDIS_GENERIC_OBJECT object)
{
    NDIS_TIMER_CHARACTERISTICS timer = {0};
    NDIS_HANDLE handle;
    timer.Header.Type = NDIS_OBJECT_TYPE_TIMER_CHARACTERISTICS;
    timer.Header.Revision = NDIS_TIMER_CHARACTERISTICS_REVISION_1;
    timer.Header.Size = NDIS_SIZEOF_TIMER_CHARACTERISTICS_REVISION_1;
    timer.AllocationTag = TAG;
    timer.TimerFunction = elapsed;
    if (NdisAllocateTimerObject(object, &timer, &handle) == NDIS_STATUS_SUCCESS) {
        NdisFreeTimerObject(handle);
    }
}

static VOID ring(PEX_TIMER timer, PVOID context)
{
    UNREFERENCED_PARAMETER(timer);
    UNREFERENCED_PARAMETER(context);
}

static VOID use_kernel_timer(VOID)
{
    PEX_TIMER timer = ExAllocateTimer(ring, NULL, 0);
    if (timer != NULL) {
        ExDeleteTimer(timer, TRUE, TRUE, NULL);
    }
}

static VOID notified(PVOID context, PVOID first, PVOID second)
{
    UNREFERENCED_PARAMETER(context);
    UNREFERENCED_PARAMETER(first);
    UNREFERENCED_PARAMETER(second);
}

static VOID changed(PVOID context, PKE_PROCESSOR_CHANGE_NOTIFY_CONTEXT change, PNTSTATUS status)
{
    UNREFERENCED_PARAMETER(context);
    UNREFERENCED_PARAMETER(change);
    UNREFERENCED_PARAMETER(status);
}

static VOID crashed(PVOID buffer, ULONG length)
{
    UNREFERENCED_PARAMETER(buffer);
    UNREFERENCED_PARAMETER(length);
}

static VOID crashed_so(KBUGCHECK_CALLBACK_REASON reason, PKBUGCHECK_REASON_CALLBACK_RECORD record, PVOID data,
                       ULONG length)
{
    UNREFERENCED_PARAMETER(reason);
    UNREFERENCED_PARAMETER(record);
    UNREFERENCED_PARAMETER(data);
    UNREFERENCED_PARAMETER(length);
}

static VOID use_callbacks(VOID)
{
    static KBUGCHECK_CALLBACK_RECORD record;
    static KBUGCHECK_REASON_CALLBACK_RECORD reason;
    UNICODE_STRING name = RTL_CONSTANT_STRING(L"\\Callback\\Faults");
    OBJECT_ATTRIBUTES attributes;
    PCALLBACK_OBJECT object;
    InitializeObjectAttributes(&attributes, &name, OBJ_CASE_INSENSITIVE | OBJ_PERMANENT, NULL, NULL);
    if (NT_SUCCESS(ExCreateCallback(&object, &attributes, TRUE, TRUE))) {
        PVOID registration = ExRegisterCallback(object, notified, NULL);
        if (registration != NULL) {
            ExUnregisterCallback(registration);
        }
        ObDereferenceObject(object);
    }
    PVOID change = KeRegisterProcessorChangeCallback(changed, NULL, KE_PROCESSOR_CHANGE_ADD_EXISTING);
    if (change != NULL) {
        KeDeregisterProcessorChangeCallback(change);
    }
    KeInitializeCallbackRecord(&record);
    if (KeRegisterBugCheckCallback(&record, crashed, NULL, 0, bytes)) {
        KeDeregisterBugCheckCallback(&record);
    }
    KeInitializeCallbackRecord(&reason);
    if (KeRegisterBugCheckReasonCallback(&reason, crashed_so, KbCallbackAddPages, bytes)) {
        KeDeregisterBugCheckReasonCallback(&reason);
    }
}

static BOOLEAN rang(PKINTERRUPT interrupt, PVOID context)
{
    UNREFERENCED_PARAMETER(interrupt);
    UNREFERENCED_PARAMETER(context);
    return FALSE;
}

/* There is no device, so these fail without a fault, too. */
static VOID use_interrupts(PDRIVER_OBJECT driver)
{
    PKINTERRUPT interrupt;
    IO_CONNECT_INTERRUPT_PARAMETERS parameters = {.Version = CONNECT_LINE_BASED,
                                                  .LineBased = {.PhysicalDeviceObject = driver->DeviceObject,
                                                                .InterruptObject = &interrupt,
                                                                .ServiceRoutine = rang}};
    if (NT_SUCCESS(IoConnectInterruptEx(&parameters))) {
        IoDisconnectInterrupt(interrupt);
    }
    if (NT_SUCCESS(
            IoConnectInterrupt(&interrupt, rang, NULL, NULL, 1, 5, 5, LevelSensitive, TRUE, 1, FALSE))) {
        IoDisconnectInterrupt(interrupt);
    }
}

/* A name that others can open. */
static VOID use_named_event(VOID)
{
    UNICODE_STRING name = RTL_CONSTANT_STRING(L"\\BaseNamedObjects\\Faults");
    OBJECT_ATTRIBUTES attributes;
    HANDLE made, opened;
    InitializeObjectAttributes(&attributes, &name, OBJ_KERNEL_HANDLE, NULL, NULL);
    if (NT_SUCCESS(ZwCreateEvent(&made, EVENT_ALL_ACCESS, &attributes, NotificationEvent, FALSE))) {
        if (NT_SUCCESS(ZwOpenEvent(&opened, EVENT_ALL_ACCESS, &attributes))) {
            ZwClose(opened);
        }
        ZwClose(made);
    }
}

/* Registers of a device: there is none, so these fail without a fault, too. */
static VOID use_registers(VOID)
{
    PVOID window = MmMapIoSpace(nothing, 4096, MmNonCached);
    if (window != NULL) {
        MmUnmapIoSpace(window, 4096);
    }
    window = MmMapIoSpaceEx(nothing, 4096, PAGE_READWRITE | PAGE_NOCACHE);
    if (window != NULL) {
        MmUnmapIoSpace(window, 4096);
    }
}

static VOID unload(PDRIVER_OBJECT driver)
{
    UNREFERENCED_PARAMETER(driver);
}

NTSTATUS DriverEntry(PDRIVER_OBJECT driver, PUNICODE_STRING path)
{
    UNREFERENCED_PARAMETER(path);
    driver->DriverUnload = unload;
    driver->MajorFunction[IRP_MJ_DEVICE_CONTROL] = refuse;
    driver->MajorFunction[IRP_MJ_FLUSH_BUFFERS] = refuse;
    use_pool();
    use_lookaside();
    use_pages();
    use_objects();
    use_thread();
    use_device(driver);
    use_registry();
    use_strings();
    use_kernel_timer();
    use_named_event();
    use_callbacks();
    use_interrupts(driver);
    use_registers();
    PNDIS_GENERIC_OBJECT object = NdisAllocateGenericObject(driver, TAG, 0);
    if (object != NULL) {
        use_buffers(object);
        use_timer(object);
        NdisFreeGenericObject(object);
    }
    return STATUS_SUCCESS;
}
