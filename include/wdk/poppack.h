/*
 * poppack.h - ends what a pshpack header began.
 */
#pragma pack(pop)
