package dev.javf.daemon.doctor;

/**
 * What a check has found.
 *
 * @param level how bad it is.
 * @param check what was looked at.
 * @param fact what is there.
 * @param remedy the command that mends it; empty if there is nothing to mend.
 */
public record Finding(Level level, String check, String fact, String remedy) {
    /** How bad. */
    public enum Level {
        /** As it should be. */
        OK,
        /** It works, but slower or less safely than it could. */
        WARN,
        /** It can't work so. */
        FAIL,
        /** It can't be seen from here. */
        UNKNOWN
    }
}
