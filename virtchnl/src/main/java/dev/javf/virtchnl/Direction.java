package dev.javf.virtchnl;

/** Who sends a message. */
public enum Direction {
    /** The VF's driver asks. */
    VF_TO_PF("VF>PF"),
    /** The PF's driver answers, or tells of an event. */
    PF_TO_VF("PF>VF");

    private final String arrow;

    Direction(final String arrow) {
        this.arrow = arrow;
    }

    /**
     * {@code VF>PF} or {@code PF>VF}.
     *
     * @return for people.
     */
    @Override
    public String toString() {
        return arrow;
    }
}
