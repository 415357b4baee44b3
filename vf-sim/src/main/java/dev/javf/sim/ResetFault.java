package dev.javf.sim;

/**
 * Something that goes wrong with a VF's reset.
 *
 * @param startDelayNs how long VFGEN_RSTAT goes on to say active, and the mailbox to be enabled,
 *     after the reset has been announced or asked for.
 * @param extraNs by how much the reset takes longer.
 * @param isStuck whether it never ends: VFGEN_RSTAT stays 0 until another reset.
 */
public record ResetFault(long startDelayNs, long extraNs, boolean isStuck) {
    /** Nothing goes wrong. */
    public static final ResetFault NONE = new ResetFault(0, 0, false);
}
