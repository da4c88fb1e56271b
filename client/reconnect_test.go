package client_test

import (
	"context"
	"strconv"
	"testing"
	"testing/synctest"
	"time"

	"foyer/client"
	"foyer/protocol"

	"github.com/stretchr/testify/require"
)

func TestWhatEachCloseCodeMeansForComingBack(t *testing.T) {
	back := []protocol.CloseCode{
		protocol.CloseGoingAway, protocol.CloseServiceRestart, protocol.CloseOverload,
		protocol.CloseSlowReader, protocol.ClosePongMissing,
	}
	for _, code := range back {
		story(t, func(t *testing.T, f *fake) {
			d, p := f.dialed(nil)
			p.end(code)
			next[*client.Offline](t, d)
			f.accept().welcome(resumed())
			next[*client.Online](t, d)
		})
	}
	away := []protocol.CloseCode{
		protocol.CloseNormal, protocol.CloseInvalidUTF8, protocol.CloseMessageTooBig, protocol.CloseNotProtocol,
		protocol.CloseSuspended, protocol.CloseNoHello, protocol.CloseTooManyDevices, protocol.CloseReplaced,
		protocol.CloseFlooding,
	}
	for _, code := range away {
		story(t, func(t *testing.T, f *fake) {
			d, p := f.dialed(nil)
			p.end(code)
			<-d.Done()
			var closed *client.CloseError
			require.ErrorAs(t, d.Err(), &closed)
			require.Equal(t, code, closed.Code)
		})
	}
}

func TestWaitsGrowFromAQuarterSecondToFifteen(t *testing.T) {
	story(t, func(t *testing.T, f *fake) {
		d, p := f.dialed(nil)
		p.drop()
		for whole := 250 * time.Millisecond; ; whole = min(2*whole, 15*time.Second) {
			wait := next[*client.Offline](t, d).RetryIn
			require.GreaterOrEqual(t, wait, whole/2)
			require.LessOrEqual(t, wait, whole)
			if whole == 15*time.Second {
				break
			}
			f.accept().drop()
		}
		p = f.accept()
		p.welcome(resumed())
		next[*client.Online](t, d)
		time.AfterFunc(time.Minute/2, p.drop) // a good while later
		require.LessOrEqual(t, next[*client.Offline](t, d).RetryIn, 250*time.Millisecond)
	})
}

func TestADrainIsWaitedOut(t *testing.T) {
	story(t, func(t *testing.T, f *fake) {
		d, p := f.dialed(nil)
		p.notify(protocol.NotifyServerDraining, protocol.ServerDraining{ReconnectAfterMS: 8_000})
		next[*protocol.ServerDraining](t, d)
		began := time.Now()
		p.end(protocol.CloseGoingAway)
		f.accept().welcome(resumed())
		require.GreaterOrEqual(t, time.Since(began), 8*time.Second)
		require.Less(t, time.Since(began), 9*time.Second)
	})
}

func TestABusyServersRetryAfterIsKept(t *testing.T) {
	story(t, func(t *testing.T, f *fake) {
		d, p := f.dialed(nil)
		f.busy <- 20 * time.Second
		p.drop()
		next[*client.Offline](t, d)
		require.Equal(t, 20*time.Second, next[*client.Offline](t, d).RetryIn)
		f.accept().welcome(resumed())
		next[*client.Online](t, d)
	})
}

func TestASilentSocketIsGivenUp(t *testing.T) {
	story(t, func(t *testing.T, f *fake) {
		d, _ := f.dialed(nil)
		began := time.Now()
		next[*client.Offline](t, d)
		require.Equal(t, time.Minute, time.Since(began), "two pings of 25 s and the time for a pong")
		f.accept().welcome(resumed())
	})
}

// counted is a source that gives a newer token each time.
func counted() client.TokenSource {
	n := 0
	return func(context.Context) (string, error) {
		n++
		return "t" + strconv.Itoa(n), nil
	}
}

func TestATokenIsRefreshedBeforeItEnds(t *testing.T) {
	story(t, func(t *testing.T, f *fake) {
		d, p := f.dialed(func(o *client.Options) { o.Token = counted() })
		p.notify(protocol.NotifyTokenExpiring, protocol.TokenExpiring{ExpiresAt: protocol.At(time.Now().Add(time.Minute))})
		var params protocol.TokenRefreshParams
		p.answer(p.expect(protocol.MethodTokenRefresh, &params), protocol.TokenRefreshResult{})
		require.Equal(t, "t2", params.Token)
		next[*protocol.TokenExpiring](t, d)
		synctest.Wait()
	})
}

func TestAnExpiredTokenIsReplacedByANewOne(t *testing.T) {
	story(t, func(t *testing.T, f *fake) {
		d, p := f.dialed(func(o *client.Options) { o.Token = counted() })
		p.end(protocol.CloseToken)
		next[*client.Offline](t, d)
		require.Equal(t, "t2", f.accept().welcome(resumed()).Token)
		next[*client.Online](t, d)
	})
}

func TestARefusedTokenThatStaysTheSameEndsTheClient(t *testing.T) {
	story(t, func(t *testing.T, f *fake) {
		d, p := f.dialed(nil)
		p.end(protocol.CloseToken)
		next[*client.Offline](t, d)
		p = f.accept()
		p.refuse(p.next(), protocol.Refuse(protocol.TokenExpired))
		<-d.Done()
		require.ErrorIs(t, d.Err(), protocol.Refuse(protocol.TokenExpired))
	})
}
