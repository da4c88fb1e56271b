package demo

import (
	"encoding/binary"
	"math"
	"time"
)

// pose returns a member's state on a stroll around the lobby: where the head is (x, y, z in metres) and where it looks
// (a yaw in radians), each a little-endian float32. Foyer hands it on without looking into it.
func pose(seat int, walked time.Duration) []byte {
	angle := float64(seat)*math.Pi/6 + walked.Seconds()/3
	radius := 3 + float64(seat%3)
	values := [...]float64{
		radius * math.Cos(angle),
		1.6 + 0.03*math.Sin(walked.Seconds()*9), // steps
		radius * math.Sin(angle),
		angle + math.Pi/2,
	}
	state := make([]byte, 0, 4*len(values))
	for _, v := range values {
		state = binary.LittleEndian.AppendUint32(state, math.Float32bits(float32(v)))
	}
	return state
}
