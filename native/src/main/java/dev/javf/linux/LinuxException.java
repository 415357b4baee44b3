package dev.javf.linux;

/**
 * A system call that failed. The message names the call with its arguments and the error, as in
 * {@code open("/dev/net/tun", O_RDWR) failed: EACCES (13), Permission denied}.
 */
public final class LinuxException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    private final int errno;

    /**
     * A failure whose error says enough.
     *
     * @param call the call with its arguments, as a reader would write it.
     * @param errno the error number, positive.
     */
    public LinuxException(final String call, final int errno) {
        super(message(call, errno));
        this.errno = errno;
    }

    /**
     * A failure with more to say, for instance what would mend it.
     *
     * @param call the call with its arguments, as a reader would write it.
     * @param errno the error number, positive.
     * @param hint what follows the error in the message: the kernel's own explanation or the
     *     remedy.
     */
    public LinuxException(final String call, final int errno, final String hint) {
        super(message(call, errno) + "; " + hint);
        this.errno = errno;
    }

    /** The error number, as in errno.h. */
    public int errno() {
        return errno;
    }

    /** The symbolic name of the error, such as {@code EACCES}. */
    public String errnoName() {
        return Errno.name(errno);
    }

    private static String message(final String call, final int errno) {
        return call + " failed: " + Errno.name(errno) + " (" + errno + "), " + Errno.text(errno);
    }
}
