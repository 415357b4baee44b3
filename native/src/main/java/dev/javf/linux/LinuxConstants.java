package dev.javf.linux;

/**
 * Constants that the generated bindings lack, mostly because their macros are function-like. Each
 * names its header; a test compares every one with what the system's compiler says.
 */
final class LinuxConstants {
    /** linux/memfd.h. */
    static final int MFD_HUGE_2MB = 21 << 26;

    /** linux/memfd.h. */
    static final int MFD_HUGE_1GB = 30 << 26;

    private LinuxConstants() {}
}
