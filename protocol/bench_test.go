package protocol

import (
	"encoding/json"
	"testing"
)

func BenchmarkRequest(b *testing.B) {
	frame := []byte(request(b, MethodInvitationSend, sampleParams[MethodInvitationSend][0]))
	b.ReportAllocs()
	for b.Loop() {
		items, _, err := ParseFrame(frame)
		if err != nil {
			b.Fatal(err)
		}
		var p InvitationSendParams
		if err := DecodeParams(items[0].Params, &p); err != nil {
			b.Fatal(err)
		}
	}
}

// A session's join with 200 members, as it is written and as the standard library would.
func BenchmarkJoinAnswer(b *testing.B) {
	join := sampleJoin
	for len(join.Members) < 200 {
		join.Members = append(join.Members, sampleMember)
	}
	b.Run("protocol", func(b *testing.B) {
		b.ReportAllocs()
		var dst []byte
		for b.Loop() {
			var err error
			if dst, err = AppendResult(dst[:0], json.RawMessage("1"), &join); err != nil {
				b.Fatal(err)
			}
		}
		b.SetBytes(int64(len(dst)))
	})
	b.Run("encoding/json", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			if _, err := json.Marshal(&join); err != nil {
				b.Fatal(err)
			}
		}
	})
}

func BenchmarkStates(b *testing.B) {
	var w StateWriter
	state := make([]byte, 64)
	buf := make([]byte, 0, MaxFrame)
	frames := make([][]byte, 0, 2)
	b.ReportAllocs()
	for b.Loop() {
		w.Start(FrameTick, 1, buf)
		for n := range uint16(50) {
			w.Add(n, state)
		}
		frames = w.Finish(frames[:0])
	}
}
