package dev.javf.linux;

/** A process that locks its memory and says how it went. */
final class MemoryLocker {
    private MemoryLocker() {}

    public static void main(final String[] args) {
        try {
            MemoryLock.lockAll();
            System.out.println("locked, limit " + MemoryLock.limitBytes());
        } catch (final LinuxException e) {
            System.out.println(e.getMessage());
        }
    }
}
