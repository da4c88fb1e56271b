var _e=globalThis,ke=_e.ShadowRoot&&(_e.ShadyCSS===void 0||_e.ShadyCSS.nativeShadow)&&"adoptedStyleSheets"in Document.prototype&&"replace"in CSSStyleSheet.prototype,Pt=Symbol(),Ct=new WeakMap,Ae=class{constructor(e,s,n){if(this._$cssResult$=!0,n!==Pt)throw Error("CSSResult is not constructable. Use `unsafeCSS` or `css` instead.");this.cssText=e,this.t=s}get styleSheet(){let e=this.o,s=this.t;if(ke&&e===void 0){let n=s!==void 0&&s.length===1;n&&(e=Ct.get(s)),e===void 0&&((this.o=e=new CSSStyleSheet).replaceSync(this.cssText),n&&Ct.set(s,e))}return e}toString(){return this.cssText}},Ut=t=>new Ae(typeof t=="string"?t:t+"",void 0,Pt);var Vt=(t,e)=>{if(ke)t.adoptedStyleSheets=e.map(s=>s instanceof CSSStyleSheet?s:s.styleSheet);else for(let s of e){let n=document.createElement("style"),i=_e.litNonce;i!==void 0&&n.setAttribute("nonce",i),n.textContent=s.cssText,t.appendChild(n)}},Ze=ke?t=>t:t=>t instanceof CSSStyleSheet?(e=>{let s="";for(let n of e.cssRules)s+=n.cssText;return Ut(s)})(t):t;var{is:bn,defineProperty:$n,getOwnPropertyDescriptor:wn,getOwnPropertyNames:_n,getOwnPropertySymbols:An,getPrototypeOf:kn}=Object,xe=globalThis,It=xe.trustedTypes,xn=It?It.emptyScript:"",Sn=xe.reactiveElementPolyfillSupport,ce=(t,e)=>t,Xe={toAttribute(t,e){switch(e){case Boolean:t=t?xn:null;break;case Object:case Array:t=t==null?t:JSON.stringify(t)}return t},fromAttribute(t,e){let s=t;switch(e){case Boolean:s=t!==null;break;case Number:s=t===null?null:Number(t);break;case Object:case Array:try{s=JSON.parse(t)}catch{s=null}}return s}},Nt=(t,e)=>!bn(t,e),Ot={attribute:!0,type:String,converter:Xe,reflect:!1,useDefault:!1,hasChanged:Nt};Symbol.metadata??=Symbol("metadata"),xe.litPropertyMetadata??=new WeakMap;var R=class extends HTMLElement{static addInitializer(e){this._$Ei(),(this.l??=[]).push(e)}static get observedAttributes(){return this.finalize(),this._$Eh&&[...this._$Eh.keys()]}static createProperty(e,s=Ot){if(s.state&&(s.attribute=!1),this._$Ei(),this.prototype.hasOwnProperty(e)&&((s=Object.create(s)).wrapped=!0),this.elementProperties.set(e,s),!s.noAccessor){let n=Symbol(),i=this.getPropertyDescriptor(e,n,s);i!==void 0&&$n(this.prototype,e,i)}}static getPropertyDescriptor(e,s,n){let{get:i,set:o}=wn(this.prototype,e)??{get(){return this[s]},set(r){this[s]=r}};return{get:i,set(r){let l=i?.call(this);o?.call(this,r),this.requestUpdate(e,l,n)},configurable:!0,enumerable:!0}}static getPropertyOptions(e){return this.elementProperties.get(e)??Ot}static _$Ei(){if(this.hasOwnProperty(ce("elementProperties")))return;let e=kn(this);e.finalize(),e.l!==void 0&&(this.l=[...e.l]),this.elementProperties=new Map(e.elementProperties)}static finalize(){if(this.hasOwnProperty(ce("finalized")))return;if(this.finalized=!0,this._$Ei(),this.hasOwnProperty(ce("properties"))){let s=this.properties,n=[..._n(s),...An(s)];for(let i of n)this.createProperty(i,s[i])}let e=this[Symbol.metadata];if(e!==null){let s=litPropertyMetadata.get(e);if(s!==void 0)for(let[n,i]of s)this.elementProperties.set(n,i)}this._$Eh=new Map;for(let[s,n]of this.elementProperties){let i=this._$Eu(s,n);i!==void 0&&this._$Eh.set(i,s)}this.elementStyles=this.finalizeStyles(this.styles)}static finalizeStyles(e){let s=[];if(Array.isArray(e)){let n=new Set(e.flat(1/0).reverse());for(let i of n)s.unshift(Ze(i))}else e!==void 0&&s.push(Ze(e));return s}static _$Eu(e,s){let n=s.attribute;return n===!1?void 0:typeof n=="string"?n:typeof e=="string"?e.toLowerCase():void 0}constructor(){super(),this._$Ep=void 0,this.isUpdatePending=!1,this.hasUpdated=!1,this._$Em=null,this._$Ev()}_$Ev(){this._$ES=new Promise(e=>this.enableUpdating=e),this._$AL=new Map,this._$E_(),this.requestUpdate(),this.constructor.l?.forEach(e=>e(this))}addController(e){(this._$EO??=new Set).add(e),this.renderRoot!==void 0&&this.isConnected&&e.hostConnected?.()}removeController(e){this._$EO?.delete(e)}_$E_(){let e=new Map,s=this.constructor.elementProperties;for(let n of s.keys())this.hasOwnProperty(n)&&(e.set(n,this[n]),delete this[n]);e.size>0&&(this._$Ep=e)}createRenderRoot(){let e=this.shadowRoot??this.attachShadow(this.constructor.shadowRootOptions);return Vt(e,this.constructor.elementStyles),e}connectedCallback(){this.renderRoot??=this.createRenderRoot(),this.enableUpdating(!0),this._$EO?.forEach(e=>e.hostConnected?.())}enableUpdating(e){}disconnectedCallback(){this._$EO?.forEach(e=>e.hostDisconnected?.())}attributeChangedCallback(e,s,n){this._$AK(e,n)}_$ET(e,s){let n=this.constructor.elementProperties.get(e),i=this.constructor._$Eu(e,n);if(i!==void 0&&n.reflect===!0){let o=(n.converter?.toAttribute!==void 0?n.converter:Xe).toAttribute(s,n.type);this._$Em=e,o==null?this.removeAttribute(i):this.setAttribute(i,o),this._$Em=null}}_$AK(e,s){let n=this.constructor,i=n._$Eh.get(e);if(i!==void 0&&this._$Em!==i){let o=n.getPropertyOptions(i),r=typeof o.converter=="function"?{fromAttribute:o.converter}:o.converter?.fromAttribute!==void 0?o.converter:Xe;this._$Em=i;let l=r.fromAttribute(s,o.type);this[i]=l??this._$Ej?.get(i)??l,this._$Em=null}}requestUpdate(e,s,n,i=!1,o){if(e!==void 0){let r=this.constructor;if(i===!1&&(o=this[e]),n??=r.getPropertyOptions(e),!((n.hasChanged??Nt)(o,s)||n.useDefault&&n.reflect&&o===this._$Ej?.get(e)&&!this.hasAttribute(r._$Eu(e,n))))return;this.C(e,s,n)}this.isUpdatePending===!1&&(this._$ES=this._$EP())}C(e,s,{useDefault:n,reflect:i,wrapped:o},r){n&&!(this._$Ej??=new Map).has(e)&&(this._$Ej.set(e,r??s??this[e]),o!==!0||r!==void 0)||(this._$AL.has(e)||(this.hasUpdated||n||(s=void 0),this._$AL.set(e,s)),i===!0&&this._$Em!==e&&(this._$Eq??=new Set).add(e))}async _$EP(){this.isUpdatePending=!0;try{await this._$ES}catch(s){Promise.reject(s)}let e=this.scheduleUpdate();return e!=null&&await e,!this.isUpdatePending}scheduleUpdate(){return this.performUpdate()}performUpdate(){if(!this.isUpdatePending)return;if(!this.hasUpdated){if(this.renderRoot??=this.createRenderRoot(),this._$Ep){for(let[i,o]of this._$Ep)this[i]=o;this._$Ep=void 0}let n=this.constructor.elementProperties;if(n.size>0)for(let[i,o]of n){let{wrapped:r}=o,l=this[i];r!==!0||this._$AL.has(i)||l===void 0||this.C(i,void 0,o,l)}}let e=!1,s=this._$AL;try{e=this.shouldUpdate(s),e?(this.willUpdate(s),this._$EO?.forEach(n=>n.hostUpdate?.()),this.update(s)):this._$EM()}catch(n){throw e=!1,this._$EM(),n}e&&this._$AE(s)}willUpdate(e){}_$AE(e){this._$EO?.forEach(s=>s.hostUpdated?.()),this.hasUpdated||(this.hasUpdated=!0,this.firstUpdated(e)),this.updated(e)}_$EM(){this._$AL=new Map,this.isUpdatePending=!1}get updateComplete(){return this.getUpdateComplete()}getUpdateComplete(){return this._$ES}shouldUpdate(e){return!0}update(e){this._$Eq&&=this._$Eq.forEach(s=>this._$ET(s,this[s])),this._$EM()}updated(e){}firstUpdated(e){}};R.elementStyles=[],R.shadowRootOptions={mode:"open"},R[ce("elementProperties")]=new Map,R[ce("finalized")]=new Map,Sn?.({ReactiveElement:R}),(xe.reactiveElementVersions??=[]).push("2.1.2");var tt=globalThis,Lt=t=>t,Se=tt.trustedTypes,Dt=Se?Se.createPolicy("lit-html",{createHTML:t=>t}):void 0,st="$lit$",C=`lit$${Math.random().toFixed(9).slice(2)}$`,nt="?"+C,Tn=`<${nt}>`,F=document,de=()=>F.createComment(""),ue=t=>t===null||typeof t!="object"&&typeof t!="function",it=Array.isArray,Wt=t=>it(t)||typeof t?.[Symbol.iterator]=="function",et=`[ 	
\f\r]`,le=/<(?:(!--|\/[^a-zA-Z])|(\/?[a-zA-Z][^>\s]*)|(\/?$))/g,qt=/-->/g,jt=/>/g,B=RegExp(`>|${et}(?:([^\\s"'>=/]+)(${et}*=${et}*(?:[^ 	
\f\r"'\`<>=]|("|')|))|$)`,"g"),Bt=/'/g,Ht=/"/g,Yt=/^(?:script|style|textarea|title)$/i,ot=t=>(e,...s)=>({_$litType$:t,strings:e,values:s}),a=ot(1),p=ot(2),uo=ot(3),P=Symbol.for("lit-noChange"),c=Symbol.for("lit-nothing"),Ft=new WeakMap,H=F.createTreeWalker(F,129);function Kt(t,e){if(!it(t)||!t.hasOwnProperty("raw"))throw Error("invalid template strings array");return Dt!==void 0?Dt.createHTML(e):e}var zt=(t,e)=>{let s=t.length-1,n=[],i,o=e===2?"<svg>":e===3?"<math>":"",r=le;for(let l=0;l<s;l++){let d=t[l],m,f,h=-1,v=0;for(;v<d.length&&(r.lastIndex=v,f=r.exec(d),f!==null);)v=r.lastIndex,r===le?f[1]==="!--"?r=qt:f[1]!==void 0?r=jt:f[2]!==void 0?(Yt.test(f[2])&&(i=RegExp("</"+f[2],"g")),r=B):f[3]!==void 0&&(r=B):r===B?f[0]===">"?(r=i??le,h=-1):f[1]===void 0?h=-2:(h=r.lastIndex-f[2].length,m=f[1],r=f[3]===void 0?B:f[3]==='"'?Ht:Bt):r===Ht||r===Bt?r=B:r===qt||r===jt?r=le:(r=B,i=void 0);let y=r===B&&t[l+1].startsWith("/>")?" ":"";o+=r===le?d+Tn:h>=0?(n.push(m),d.slice(0,h)+st+d.slice(h)+C+y):d+C+(h===-2?l:y)}return[Kt(t,o+(t[s]||"<?>")+(e===2?"</svg>":e===3?"</math>":"")),n]},he=class t{constructor({strings:e,_$litType$:s},n){let i;this.parts=[];let o=0,r=0,l=e.length-1,d=this.parts,[m,f]=zt(e,s);if(this.el=t.createElement(m,n),H.currentNode=this.el.content,s===2||s===3){let h=this.el.content.firstChild;h.replaceWith(...h.childNodes)}for(;(i=H.nextNode())!==null&&d.length<l;){if(i.nodeType===1){if(i.hasAttributes())for(let h of i.getAttributeNames())if(h.endsWith(st)){let v=f[r++],y=i.getAttribute(h).split(C),$=/([.?@])?(.*)/.exec(v);d.push({type:1,index:o,name:$[2],strings:y,ctor:$[1]==="."?Ee:$[1]==="?"?Me:$[1]==="@"?Re:Y}),i.removeAttribute(h)}else h.startsWith(C)&&(d.push({type:6,index:o}),i.removeAttribute(h));if(Yt.test(i.tagName)){let h=i.textContent.split(C),v=h.length-1;if(v>0){i.textContent=Se?Se.emptyScript:"";for(let y=0;y<v;y++)i.append(h[y],de()),H.nextNode(),d.push({type:2,index:++o});i.append(h[v],de())}}}else if(i.nodeType===8)if(i.data===nt)d.push({type:2,index:o});else{let h=-1;for(;(h=i.data.indexOf(C,h+1))!==-1;)d.push({type:7,index:o}),h+=C.length-1}o++}}static createElement(e,s){let n=F.createElement("template");return n.innerHTML=e,n}};function W(t,e,s=t,n){if(e===P)return e;let i=n!==void 0?s._$Co?.[n]:s._$Cl,o=ue(e)?void 0:e._$litDirective$;return i?.constructor!==o&&(i?._$AO?.(!1),o===void 0?i=void 0:(i=new o(t),i._$AT(t,s,n)),n!==void 0?(s._$Co??=[])[n]=i:s._$Cl=i),i!==void 0&&(e=W(t,i._$AS(t,e.values),i,n)),e}var Te=class{constructor(e,s){this._$AV=[],this._$AN=void 0,this._$AD=e,this._$AM=s}get parentNode(){return this._$AM.parentNode}get _$AU(){return this._$AM._$AU}u(e){let{el:{content:s},parts:n}=this._$AD,i=(e?.creationScope??F).importNode(s,!0);H.currentNode=i;let o=H.nextNode(),r=0,l=0,d=n[0];for(;d!==void 0;){if(r===d.index){let m;d.type===2?m=new Z(o,o.nextSibling,this,e):d.type===1?m=new d.ctor(o,d.name,d.strings,this,e):d.type===6&&(m=new Ce(o,this,e)),this._$AV.push(m),d=n[++l]}r!==d?.index&&(o=H.nextNode(),r++)}return H.currentNode=F,i}p(e){let s=0;for(let n of this._$AV)n!==void 0&&(n.strings!==void 0?(n._$AI(e,n,s),s+=n.strings.length-2):n._$AI(e[s])),s++}},Z=class t{get _$AU(){return this._$AM?._$AU??this._$Cv}constructor(e,s,n,i){this.type=2,this._$AH=c,this._$AN=void 0,this._$AA=e,this._$AB=s,this._$AM=n,this.options=i,this._$Cv=i?.isConnected??!0}get parentNode(){let e=this._$AA.parentNode,s=this._$AM;return s!==void 0&&e?.nodeType===11&&(e=s.parentNode),e}get startNode(){return this._$AA}get endNode(){return this._$AB}_$AI(e,s=this){e=W(this,e,s),ue(e)?e===c||e==null||e===""?(this._$AH!==c&&this._$AR(),this._$AH=c):e!==this._$AH&&e!==P&&this._(e):e._$litType$!==void 0?this.$(e):e.nodeType!==void 0?this.T(e):Wt(e)?this.k(e):this._(e)}O(e){return this._$AA.parentNode.insertBefore(e,this._$AB)}T(e){this._$AH!==e&&(this._$AR(),this._$AH=this.O(e))}_(e){this._$AH!==c&&ue(this._$AH)?this._$AA.nextSibling.data=e:this.T(F.createTextNode(e)),this._$AH=e}$(e){let{values:s,_$litType$:n}=e,i=typeof n=="number"?this._$AC(e):(n.el===void 0&&(n.el=he.createElement(Kt(n.h,n.h[0]),this.options)),n);if(this._$AH?._$AD===i)this._$AH.p(s);else{let o=new Te(i,this),r=o.u(this.options);o.p(s),this.T(r),this._$AH=o}}_$AC(e){let s=Ft.get(e.strings);return s===void 0&&Ft.set(e.strings,s=new he(e)),s}k(e){it(this._$AH)||(this._$AH=[],this._$AR());let s=this._$AH,n,i=0;for(let o of e)i===s.length?s.push(n=new t(this.O(de()),this.O(de()),this,this.options)):n=s[i],n._$AI(o),i++;i<s.length&&(this._$AR(n&&n._$AB.nextSibling,i),s.length=i)}_$AR(e=this._$AA.nextSibling,s){for(this._$AP?.(!1,!0,s);e!==this._$AB;){let n=Lt(e).nextSibling;Lt(e).remove(),e=n}}setConnected(e){this._$AM===void 0&&(this._$Cv=e,this._$AP?.(e))}},Y=class{get tagName(){return this.element.tagName}get _$AU(){return this._$AM._$AU}constructor(e,s,n,i,o){this.type=1,this._$AH=c,this._$AN=void 0,this.element=e,this.name=s,this._$AM=i,this.options=o,n.length>2||n[0]!==""||n[1]!==""?(this._$AH=Array(n.length-1).fill(new String),this.strings=n):this._$AH=c}_$AI(e,s=this,n,i){let o=this.strings,r=!1;if(o===void 0)e=W(this,e,s,0),r=!ue(e)||e!==this._$AH&&e!==P,r&&(this._$AH=e);else{let l=e,d,m;for(e=o[0],d=0;d<o.length-1;d++)m=W(this,l[n+d],s,d),m===P&&(m=this._$AH[d]),r||=!ue(m)||m!==this._$AH[d],m===c?e=c:e!==c&&(e+=(m??"")+o[d+1]),this._$AH[d]=m}r&&!i&&this.j(e)}j(e){e===c?this.element.removeAttribute(this.name):this.element.setAttribute(this.name,e??"")}},Ee=class extends Y{constructor(){super(...arguments),this.type=3}j(e){this.element[this.name]=e===c?void 0:e}},Me=class extends Y{constructor(){super(...arguments),this.type=4}j(e){this.element.toggleAttribute(this.name,!!e&&e!==c)}},Re=class extends Y{constructor(e,s,n,i,o){super(e,s,n,i,o),this.type=5}_$AI(e,s=this){if((e=W(this,e,s,0)??c)===P)return;let n=this._$AH,i=e===c&&n!==c||e.capture!==n.capture||e.once!==n.once||e.passive!==n.passive,o=e!==c&&(n===c||i);i&&this.element.removeEventListener(this.name,this,n),o&&this.element.addEventListener(this.name,this,e),this._$AH=e}handleEvent(e){typeof this._$AH=="function"?this._$AH.call(this.options?.host??this.element,e):this._$AH.handleEvent(e)}},Ce=class{constructor(e,s,n){this.element=e,this.type=6,this._$AN=void 0,this._$AM=s,this.options=n}get _$AU(){return this._$AM._$AU}_$AI(e){W(this,e)}},Jt={M:st,P:C,A:nt,C:1,L:zt,R:Te,D:Wt,V:W,I:Z,H:Y,N:Me,U:Re,B:Ee,F:Ce},En=tt.litHtmlPolyfillSupport;En?.(he,Z),(tt.litHtmlVersions??=[]).push("3.3.3");var Gt=(t,e,s)=>{let n=s?.renderBefore??e,i=n._$litPart$;if(i===void 0){let o=s?.renderBefore??null;n._$litPart$=i=new Z(e.insertBefore(de(),o),o,void 0,s??{})}return i._$AI(t),i};var rt=globalThis,I=class extends R{constructor(){super(...arguments),this.renderOptions={host:this},this._$Do=void 0}createRenderRoot(){let e=super.createRenderRoot();return this.renderOptions.renderBefore??=e.firstChild,e}update(e){let s=this.render();this.hasUpdated||(this.renderOptions.isConnected=this.isConnected),super.update(e),this._$Do=Gt(s,this.renderRoot,this.renderOptions)}connectedCallback(){super.connectedCallback(),this._$Do?.setConnected(!0)}disconnectedCallback(){super.disconnectedCallback(),this._$Do?.setConnected(!1)}render(){return P}};I._$litElement$=!0,I.finalized=!0,rt.litElementHydrateSupport?.({LitElement:I});var Mn=rt.litElementPolyfillSupport;Mn?.({LitElement:I});(rt.litElementVersions??=[]).push("4.2.2");var Pe=class{#e=new Map;on(e,s){let n=this.#e.get(e)??new Set;return this.#e.set(e,n),n.add(s),()=>n.delete(s)}has(e){return(this.#e.get(e)?.size??0)>0}emit(e,s){for(let n of[...this.#e.get(e)??[]])try{n(s)}catch(i){queueMicrotask(()=>{throw i})}}};var g=class extends Error{constructor(e,s,n={}){super(s),this.name="FoyerError",this.code=e,this.data=n??{},this.reason=this.data.reason??Rn[e]??"error"}get relation(){return this.data.relation}},Rn={[-32700]:"parse_error",[-32600]:"invalid_request",[-32601]:"method_not_found",[-32602]:"invalid_params",[-32603]:"internal_error"};function me(t,e){return new g(0,e,{reason:t})}var Cn=new Set(["invitation.send","invitation.withdraw","invitation.withdraw_many","invitation.accept","invitation.decline","invitation.undo_decline","connection.remove","user.block","user.unblock","settings.update","session.create"]),Pn=new Set(["invitation.list","connection.list","relation.list","settings.get","people.search","people.in_session","people.recent","people.focus","people.unfocus","session.list","session.bans","session.subscribe"]),Qt=t=>Cn.has(t),Zt=(t,e)=>Pn.has(t)||e.op_id!==void 0;function Xt(){let t=Array.from({length:16},()=>Math.floor(Math.random()*256));return globalThis.crypto?.getRandomValues(Uint8Array.from(t)).forEach((e,s)=>t[s]=e),t.map(e=>e.toString(16).padStart(2,"0")).join("")}var Un={1001:"drain",1012:"drain",1013:"overload",4e3:"too_slow",4001:"no_pong"},es={1e3:"closed",1007:"bad_text",1009:"too_large",4400:"protocol",4401:"token",4403:"suspended",4408:"no_hello",4409:"too_many_devices",4410:"replaced",4429:"flooding"};function ts(t){return t in es?{comeBack:!1,reason:es[t]}:{comeBack:!0,reason:Un[t]??"network"}}var Vn=250,In=15e3;function ss(t,e){let s=Math.min(In,Vn*2**t);return Math.round(s/2+s/2*e)}var Ue=class{constructor(e=0){this.rev=e}reset(e){this.rev=e}take(e){if(e<=this.rev)return"drop";let s=e===this.rev+1;return this.rev=e,s?"apply":"gap"}};function ns(t){let e=new Uint8Array(t.length+1);return e[0]=1,e.set(t,1),e}function is(t){let e=t instanceof Uint8Array?t:new Uint8Array(t),s=new DataView(e.buffer,e.byteOffset,e.byteLength),n=s.getUint8(0);if(n!==2&&n!==3)throw new RangeError(`unknown frame type ${n}`);let i=s.getUint32(1,!0),o=s.getUint16(5,!0),r=new Map,l=7;for(let d=0;d<o;d++){let m=s.getUint16(l,!0),f=s.getUint16(l+2,!0);if(l+=4,l+f>e.length)throw new RangeError("state frame is cut short");r.set(m,e.subarray(l,l+f)),l+=f}if(l!==e.length)throw new RangeError("state frame has bytes left over");return{key:n===3,tick:i,states:r}}var On="foyer.v1",Nn={name:"foyer-client",version:"0.1.0",kind:"web"},Ln=15e3,Dn=4,qn=2e3,fe=class{status="idle";hello=void 0;#e;#t=new Pe;#s;#o;#r;#i;#n=new Map;#l=1;#c=0;#a;#f;#h=!1;#v=0;#m=0;#d;#u;constructor(e){this.#e=e,this.#r=e.resume?.epoch,this.#i=e.resume?.device_id,this.#o=new Ue(e.resume?.rev??0)}get rev(){return this.#o.rev}get resume(){if(this.#r!==void 0)return{epoch:this.#r,rev:this.rev,device_id:this.#i}}on(e,s){return this.#t.on(e,s)}connect(){return this.#d||(this.#d=jn(),this.#p()),this.#d.promise}close(){this.#y({status:"closed",code:1e3,reason:"closed"}),this.#s?.close(1e3)}retryNow(){this.status!=="offline"||!this.#a||(clearTimeout(this.#a),this.#a=void 0,this.#p())}async refreshToken(){let e=await this.#e.token({rejected:!1});await this.call("token.refresh",{token:e}),this.#f=e}async call(e,s={},n={}){Qt(e)&&(s={...s,op_id:n.opId??Xt()});for(let i=0;;i++)try{return await this.#C(e,s,n.timeoutMs)}catch(o){if(!(o.data?.unknown===!0&&s.op_id!==void 0&&i<Dn))throw o;await new Promise(l=>setTimeout(l,o.data.retry_after_ms??500))}}sendState(e){return this.status!=="online"?!1:(this.#s.send(ns(e)),!0)}async#p(){this.#a=void 0,this.#g({status:"connecting"});let e;try{e=await this.#e.token({rejected:this.#h})}catch(i){this.#b(i);return}if(this.status==="closed")return;if(this.#h&&e===this.#f){this.#y({status:"closed",code:4401,reason:"token"});return}this.#f=e;let s=this.#e.WebSocket??globalThis.WebSocket,n=new s(this.#e.url,[On]);n.binaryType="arraybuffer",n.onopen=()=>this.#$(n),n.onmessage=i=>this.#E(n,i.data),n.onclose=i=>this.#A(n,i.code),n.onerror=()=>{},this.#s=n}#b(e){if(e instanceof g&&e.reason!=="unavailable"){this.#y({status:"closed",reason:"token",error:this.#u??e});return}this.#w(0,"network")}#$(e){let s={token:this.#f};this.#e.client&&(s.client={...Nn,...this.#e.client}),this.resume&&(s.resume=this.resume);let n={resolve:i=>this.#S(i),reject:i=>this.#T(e,i)};this.#_(this.#x(n,this.#e.timeoutMs),"hello",s)}#S(e){let s=this.resume;this.hello=e,this.#r=e.epoch,this.#i=e.device_id,this.#c=0,this.#m=0,this.#h=!1,this.#u=void 0,e.resumed||this.#o.reset(e.rev);for(let[n,i]of this.#n)this.#_(n,i.method,i.params);this.#g({status:"online"}),this.#t.emit("hello",e),e.resumed||this.#t.emit("sync",{cause:s?"not_resumed":"start"}),this.#d.resolve(e)}#T(e,s){if(s.code===-32001){this.#u=s;return}if(s.reason!=="rate_limited"){if(s.reason==="unavailable"||s.code===0){this.#m=s.data.retry_after_ms??0,this.#k(e,1006);return}this.#y({status:"closed",reason:s.reason,error:s}),e.close(1e3)}}#E(e,s){if(e!==this.#s)return;if(typeof s!="string"){this.#t.has("states")&&this.#t.emit("states",is(s));return}let n=JSON.parse(s);for(let i of Array.isArray(n)?n:[n])i.method===void 0?this.#M(i):this.#R(i.method,i.params??{})}#M({id:e,result:s,error:n}){let i=this.#n.get(e);i&&(this.#n.delete(e),clearTimeout(i.timer),n?i.reject(new g(n.code,n.message,n.data)):i.resolve(s))}#R(e,s){if(typeof s.rev=="number"){let n=this.#o.take(s.rev);if(n==="drop")return;n==="gap"&&this.#t.emit("sync",{cause:"gap"})}e==="server.draining"&&(this.#v=Date.now()+(s.reconnect_after_ms??0)),e==="token.expiring"&&this.refreshToken().catch(()=>{}),this.#t.emit(e,s),this.#t.emit("notification",{method:e,params:s})}#A(e,s){if(e!==this.#s||this.status==="closed")return;this.#s=void 0,this.#P();let{comeBack:n,reason:i}=ts(s);if(s===4401&&!this.#h){this.#h=!0,this.#w(s,i);return}if(!n){this.#y({status:"closed",code:s,reason:i,error:this.#u});return}s===1013&&(this.#m=Math.max(this.#m,qn)),this.#w(s,i)}#w(e,s){let n=(this.#e.random??Math.random)(),i=Math.max(0,this.#v-Date.now()),o=Math.max(ss(this.#c++,n),i,this.#m);this.#a=setTimeout(()=>this.#p(),o),this.#g({status:"offline",code:e,reason:s,retryInMs:o})}#k(e,s){e===this.#s&&(e.close(4e3),this.#A(e,s))}#y(e){clearTimeout(this.#a),this.#a=void 0,this.#g(e);let s=e.error??me("closed","This device is closed.");for(let n of this.#n.values())clearTimeout(n.timer),n.reject(s);this.#n.clear(),this.#d?.promise.catch(()=>{}),this.#d?.reject(s)}#g(e){this.status=e.status,this.#t.emit("status",e)}#C(e,s,n){return this.status!=="online"?Promise.reject(me("offline","There is no connection to the server right now.")):new Promise((i,o)=>{let r=this.#x({method:e,params:s,resolve:i,reject:o},n);this.#_(r,e,s)})}#x(e,s=this.#e.timeoutMs??Ln){let n=this.#l++;return this.#n.set(n,e),e.timer=setTimeout(()=>{this.#n.delete(n),e.reject(me("timeout","The server did not answer in time.")),this.#s&&this.#k(this.#s,4001)},s),n}#_(e,s,n){this.#s.send(JSON.stringify({jsonrpc:"2.0",id:e,method:s,params:n}))}#P(){for(let[e,s]of this.#n)s.method&&Zt(s.method,s.params)||(this.#n.delete(e),clearTimeout(s.timer),s.method&&s.reject(me("disconnected","The connection broke before the answer came.")))}};function jn(){let t,e;return{promise:new Promise((n,i)=>{t=n,e=i}),resolve:t,reject:e}}var Bn={offline:"You\u2019re offline, so nothing was changed. Try again once you\u2019re back.",disconnected:"The connection broke before the answer came. Check below and try again.",timeout:"The server took too long to answer. Check below and try again.",unavailable:"Foyer can\u2019t reach its database right now. Nothing was changed \u2014 try again in a moment.",rate_limited:"That was a lot at once. Wait a moment, then try again.",invitation_not_pending:"This request is no longer open.",invitation_accepted:"They accepted before you cancelled, so you\u2019re connected now.",stale_invitation:"That was an older request. There\u2019s a newer one open.",already_connected:"You\u2019re already connected.",cannot_invite_self:"That\u2019s you \u2014 you can\u2019t send yourself a request.",not_accepting_invitations:"They aren\u2019t taking requests at the moment.",shared_session_required:"They only take requests from people they\u2019ve shared a session with.",email_required:"They only take requests from people who know their e-mail address. Search for it to send one.",unblock_first:"You\u2019ve blocked this person. Unblock them first.",reinvite_cooldown:"You\u2019ve asked this person recently.",invitation_limit:"You\u2019ve sent many requests lately.",too_many_outstanding:"Too many of your requests are still open. Cancel some to send more.",connection_limit:"You\u2019ve reached your limit of connections. Remove one to add another.",feature_unavailable:"This isn\u2019t available for your account.",token_invalid:"This token isn\u2019t valid here. Get a new one and try again.",token_expired:"Your sign-in has ended. Sign in again to go on.",forbidden:"You\u2019re not allowed to do that.",not_in_session:"You\u2019re not in that session any more.",banned:"You\u2019ve been banned from this session.",wrong_password:"That password isn\u2019t right. Check it and try again.",session_full:"This session is full. Try again when someone has left.",session_locked:"This session is locked. Ask someone inside to unlock it.",session_not_found:"That session has ended, or you can\u2019t see it.",session_limit:"You\u2019re hosting as many sessions as you can. Close one first.",user_not_found:"This person can\u2019t be found any more.",invitation_not_found:"This request can\u2019t be found any more."},Hn=new Set(["offline","invitation_not_pending","invitation_accepted","stale_invitation","already_connected","reinvite_cooldown","email_required","shared_session_required","not_accepting_invitations"]);function A(t){return t instanceof g?{text:pe(t.reason,t.data.retry_at)??t.message,tone:Hn.has(t.reason)?"info":"error"}:{text:"Something went wrong. Reload the page.",tone:"error"}}function pe(t,e){let s=Bn[t??""];if(s)return e?`${s} You can try again ${ye(e)}.`:s}var ct=6e4,at=60*ct,os=24*at,rs=0,X=()=>Date.now()+rs;function as(t){rs=Date.parse(t)-Date.now()||0}function ye(t,e=X()){let s=Date.parse(t)-e;return s<=0?"now":`in ${cs(s)}`}function O(t,e=X()){let s=e-Date.parse(t);return s<ct?"just now":`${cs(s)} ago`}function cs(t){return t<9e4?x(Math.max(1,Math.ceil(t/1e3)),"second"):t<at?x(Math.round(t/ct),"minute"):t<2*os?x(Math.round(t/at),"hour"):x(Math.round(t/os),"day")}function x(t,e,s=`${e}s`){return`${t} ${t===1?e:s}`}var ee={online:"Online",away:"Away",busy:"Busy",offline:"Offline"},te={host:"Host",cohost:"Co-host",member:"Member"},Ve={headset:"Headset",tablet:"Tablet",desktop:"Desktop",mobile:"Phone",web:"Browser",bot:"Bot"},lt={closed:"The host closed this session.",kicked:"You were removed from the session. You can join again.",banned:"You were banned from the session.",moved:"You\u2019re in another session now."},dt={replaced:"This device was taken over by another tab or window.",suspended:"Your account is suspended. Ask whoever runs this service.",too_many_devices:"You\u2019re signed in on too many devices. Close one of them, then try again.",rate_limited:"You\u2019re signed in on too many devices. Close one of them, then try again.",flooding:"This tablet sent too much at once and was disconnected.",token:"Your sign-in has ended. Sign in again to go on."};function Ie(t){let e=t.trim();if(/^[^\s@]+@[^\s@]+\.[^\s@]+$/.test(e))return{email:e};let s=e.replace(/[\s().-]/g,"");if(/^\+\d{7,15}$/.test(s))return{phone:s}}function E(t,e){t.route=e,t.notice=void 0,e==="add"&&zn(t),e==="sessions"&&z(t),Oe(t),t.changed()}var ut=!1;async function Oe(t){let e=t.route==="invitations"&&document.visibilityState==="visible";if(!(ut||!e||!t.relations.unseen||t.status!=="online")){ut=!0;try{let{unseen:s}=await t.client.call("invitation.mark_seen",{rev:t.client.rev});t.relations.unseen=s,t.changed()}catch{}finally{ut=!1}}}var Fn=5e3;async function ht(t){if(!(t.status!=="online"||document.visibilityState!=="visible"))try{let{settings:e,rev:s}=await t.client.call("settings.get",{},{timeoutMs:Fn});t.learnSettings(e,s)}catch{}}async function N(t,e){e.id!==t.focusUser?.id&&(t.focus=void 0),t.focusUser=e,t.notice=void 0,t.changed(),await mt(t)}async function mt(t){let e=t.focusUser;if(e){try{let s=await t.client.call("people.focus",{user_id:e.id});t.focusUser?.id===e.id&&t.learnFocus(s)}catch(s){t.tell(A(s))}t.changed()}}function se(t){t.focusUser=void 0,t.focus=void 0,t.client.call("people.unfocus",{}).catch(()=>{}),t.changed()}async function L(t,e,s,n,i){let o=t.relations.mark(),r=d=>{d&&t.relations.learn(n.userId,d,o,n.invitationId)},l=n.userId??n.invitationId??e;await t.run(l,async()=>{try{r((await t.client.call(e,s)).relation)}catch(d){throw d instanceof g&&r(d.relation),d}},i)}var Ne=(t,e)=>L(t,"invitation.withdraw",{user_id:e.id},{userId:e.id},`Request to ${e.name} cancelled.`),Le=(t,{id:e,user:s,address:n})=>L(t,"invitation.withdraw",{invitation_id:e},{userId:s?.id,invitationId:e},`Request to ${s?.name??n} cancelled.`),D=(t,e,s)=>L(t,"invitation.accept",{invitation_id:e},{userId:s?.id,invitationId:e},`You and ${s?.name} are connected.`),ne=(t,e,s)=>L(t,"invitation.decline",{invitation_id:e},{userId:s?.id,invitationId:e},`Request from ${s?.name} declined.`),ft=(t,e,s)=>L(t,"invitation.undo_decline",{invitation_id:e},{userId:s?.id,invitationId:e},`The request from ${s?.name} is open again.`);async function hs(t,e){let s=i=>i.find(o=>o.user?.id===e.id)?.id,n=s(t.relations.declined.items)??await t.run("declined",async()=>{let i={box:"received",state:"declined",query:e.name,limit:200};return s((await t.client.call("invitation.list",i)).invitations)});n&&await ft(t,n,e)}var ms=(t,e)=>L(t,"user.unblock",{user_id:e.id},{userId:e.id},`${e.name} is unblocked.`);function fs(t,e){K(t,{title:`Remove ${e.name}?`,text:"You\u2019ll no longer see each other\u2019s presence. They aren\u2019t told.",yes:"Remove connection",run:()=>L(t,"connection.remove",{user_id:e.id},{userId:e.id},`${e.name} removed.`)})}function ps(t,e){K(t,{title:`Block ${e.name}?`,text:"Any connection or request between you ends, and they can\u2019t reach you. They aren\u2019t told.",yes:"Block",run:()=>L(t,"user.block",{user_id:e.id},{userId:e.id},`${e.name} is blocked.`)})}async function ve(t,e,s,n,i=""){let o=t.relations.mark();await t.run(n?.id??s,async()=>{try{let r=await t.client.call("invitation.send",{to:e,...i?{message:i}:{}});t.relations.learn(n?.id,r.relation,o,r.invitation?.id)}catch(r){throw r instanceof g&&r.relation&&t.relations.learn(n?.id,r.relation,o),r}},`Request sent to ${s}.`)}var ls=500;function ys(t){let{sent:e}=t.relations,s=e.items.map(({id:o})=>o).filter(o=>t.selected.has(o)),n=s.length===e.items.length&&e.cursor!==void 0,i=n?e.total:s.length;K(t,{title:i===1?"Cancel this request?":`Cancel ${i} requests?`,text:"They disappear for the people you sent them to. Nobody is notified.",yes:i===1?"Cancel request":`Cancel ${i} requests`,no:i===1?"Keep it":"Keep them",run:()=>Wn(t,n?"all":s)})}async function Wn(t,e){await t.run("withdraw_many",async()=>{let s=t.relations.mark(),n=0,i=0,o=0;for(let l=0;l===0||e!=="all"&&l<e.length;l+=ls){let d=await t.client.call("invitation.withdraw_many",e==="all"?{all:!0}:{invitation_ids:e.slice(l,l+ls)});n+=d.withdrawn.length;for(let m of d.withdrawn)ds(t,m,{state:"none"},s);for(let{invitation_id:m,error:f}of d.failed)f.data?.relation&&ds(t,m,f.data.relation,s),f.data?.reason==="invitation_accepted"?i++:o++}t.selected.clear(),t.said=`${x(n,"request")} cancelled.`;let r=[i?`${x(i,"request")} had just been accepted, so you\u2019re connected now.`:"",o?`${x(o,"request")} could not be cancelled. Try again.`:""].filter(Boolean);r.length&&t.tell({text:`${t.said} ${r.join(" ")}`,tone:o?"error":"info"})})}function ds(t,e,s,n){let i=t.relations.sent.items.find(({id:o})=>o===e)?.user;t.relations.learn(i?.id,s,n,e)}function K(t,e){t.dialog={kind:"confirm",no:"Keep",danger:!0,...e},t.changed()}var Yn=50,Kn=250,us=0;function vs(t,e){t.search.query=e,t.search.error="",clearTimeout(us),e.trim().length<2?(t.search.people=[],t.search.done=""):us=window.setTimeout(()=>{pt(t)},Kn),t.changed()}async function pt(t,e=!1){let s=t.search.query.trim(),n=t.relations.mark(),i=Ie(s);if(i&&"phone"in i){Object.assign(t.search,{people:[],cursor:void 0,done:s}),t.changed();return}try{let o=await t.client.call("people.search",{query:s,...e&&t.search.cursor?{cursor:t.search.cursor}:{}});if(s!==t.search.query.trim())return;t.relations.learnPeople(o.people,n),t.search.people=e?[...t.search.people,...o.people]:o.people,t.search.cursor=o.next_cursor,t.search.done=s}catch(o){t.search.error=A(o).text}t.changed()}async function zn(t){let e=t.relations.mark();try{let{people:s}=await t.client.call("people.recent",{limit:20});t.relations.learnPeople(s,e),t.recent=s}catch{}t.changed()}function ge(t){let e=t.route==="sessions"&&document.visibilityState==="visible",s=t.sessions.items.length>Yn;e&&!s&&t.status==="online"&&!t.dialog&&z(t)}async function z(t,e=!1){let{sessions:s}=t,n=s.query.trim();try{let i=await t.client.call("session.list",{...n?{query:n}:{},...e&&s.cursor?{cursor:s.cursor}:{}});if(n!==s.query.trim())return;s.items=e?[...s.items,...i.sessions]:i.sessions,s.cursor=i.next_cursor,s.loaded=!0}catch(i){t.tell(A(i))}t.changed()}var Jn={state:"none"},Gn=1e3,Qn=50,yt=()=>({items:[],total:0,rev:0,loaded:!1}),De=class{constructor(e,s){this.client=e;this.changed=s}client;changed;sent=yt();received=yt();declined=yt();connections={query:"",people:[],total:0,rev:0,loaded:!1};unseen=0;#e=new Map;#t=[];#s=!1;of(e,s=Jn){return e&&this.#e.get(e)||s}mark(){return this.client.rev}learn(e,s,n,i){if(e&&this.#n(e,n))return;e&&this.#e.set(e,s);let o=s.invitation?.user??(e?this.#l(e):void 0);this.#c({rev:0,user:o,relation:s,invitation_id:i,notify:!1,unseen:this.unseen}),this.changed()}learnPeople(e,s){for(let{user:n,relation:i}of e)n&&!this.#n(n.id,s)&&this.#e.set(n.id,i)}apply(e){this.#t.push(e),this.#t.length>Gn&&this.#t.shift(),e.user&&this.#e.set(e.user.id,e.relation),this.unseen=e.unseen,this.#c(e),this.#r(e),this.changed()}async loadAll(){this.#e.clear(),this.#t=[],await Promise.all([this.loadBox("received"),this.loadBox("sent"),this.loadBox("declined"),this.loadConnections(),this.#o()])}async loadBox(e,s=!1){let n=this[e],i=await this.client.call("invitation.list",{box:e==="sent"?"sent":"received",state:e==="declined"?"declined":"pending",...s&&n.cursor?{cursor:n.cursor}:{}}),o=new Set(s?n.items.map(({id:r})=>r):[]);if(n.items=[...s?n.items:[],...i.invitations.filter(({id:r})=>!o.has(r))],s||(n.total=i.total),n.cursor=i.next_cursor,n.rev=i.rev,n.loaded=!0,e!=="declined"){this.unseen=this.#t.at(-1)?.unseen??i.unseen;for(let r of this.#i(i.rev))bs(n,e,r)}this.changed()}async loadConnections(e=!1,s=this.connections.query){let n=this.connections;n.query=s;let i=await this.client.call("connection.list",{...s?{query:s}:{},...e&&n.cursor?{cursor:n.cursor}:{}});if(s!==n.query)return;let o=new Set(e?n.people.map(({user:r})=>r?.id):[]);n.people=[...e?n.people:[],...i.people.filter(({user:r})=>!o.has(r?.id))],e||(n.total=i.total),n.cursor=i.next_cursor,n.rev=i.rev,n.loaded=!0;for(let r of this.#i(i.rev))$s(n,r);this.changed()}async#o(){let e;do{let s=await this.client.call("relation.list",{limit:200,...e?{cursor:e}:{}});for(let[n,i]of Object.entries(s.relations))this.#n(n,s.rev)||this.#e.set(n,i);e=s.next_cursor}while(e);this.changed()}#r({cause:e,user:s}){if(e==="undone"||e==="accepted"||e==="crossed"){let n=this.declined.items.filter(i=>i.user?.id!==s?.id);this.declined.total+=n.length-this.declined.items.length,this.declined.items=n}e!=="declined"||this.#s||(this.#s=!0,setTimeout(()=>{this.#s=!1,this.loadBox("declined").catch(()=>{})},Qn))}#i(e){return this.#t.filter(s=>s.rev>e)}#n(e,s){return this.#t.some(n=>n.rev>s&&n.user?.id===e)}#l(e){return[...this.sent.items,...this.received.items,...this.declined.items].find(({user:n})=>n?.id===e)?.user??this.connections.people.find(({user:n})=>n?.id===e)?.user}#c(e){for(let s of["sent","received"])gs(this[s],e)&&bs(this[s],s,e);gs(this.connections,e)&&$s(this.connections,e)}};function gs(t,e){return t.loaded&&(e.rev===0||e.rev>t.rev)}function bs(t,e,s){let{relation:n,user:i}=s,o=n.state===`invitation_${e}`?n.invitation:void 0,r=m=>m.id===(o?.id??s.invitation_id)||i!==void 0&&m.user?.id===i.id,l=t.items.findIndex(r),d=t.items.filter(m=>!r(m));t.total+=d.length-t.items.length,o&&(d.splice(Math.max(l,0),0,{...o,user:o.user??i}),t.total+=1),t.items=d,t.rev=Math.max(t.rev,s.rev)}function $s(t,e){let{relation:s,user:n}=e;if(t.rev=Math.max(t.rev,e.rev),!n)return;let i=t.people.findIndex(o=>o.user?.id===n.id);s.state==="connected"?i>=0?t.people[i]={...t.people[i],user:n,relation:s}:Zn(n,t.query)&&(t.people=[...t.people,{user:n,relation:s}].sort(Xn),t.total+=1):i>=0&&(t.people=t.people.filter((o,r)=>r!==i),t.total-=1)}function Zn(t,e){let s=J(e);if(!s)return!0;let n=J(t.name);return n.startsWith(s)||n.includes(` ${s}`)||J(t.username??"").startsWith(s)}var J=t=>t.normalize("NFD").replace(/\p{M}/gu,"").toLocaleLowerCase().trim(),Xn=(t,e)=>(t.user?.name??"").localeCompare(e.user?.name??"");var be="server_node",qe=class{session;members=new Map;version=0;enter({session:e,members:s,version:n}){this.session=e,this.members=new Map(s.map(i=>[i.user.id,i])),this.version=n}leave(){this.session=void 0,this.members=new Map,this.version=0}apply(e){if(e.session_id!==this.session?.id||e.version<=this.version)return!0;if(e.version>this.version+1)return!1;this.version=e.version;for(let{user_id:s,number:n}of e.left??[])this.members.get(s)?.number===n&&this.members.delete(s);for(let s of[...e.joined??[],...e.updated??[]])this.members.set(s.user.id,s);return this.session={...this.session,member_count:this.members.size},!0}list(e,s){let n=J(e);return[...this.members.values()].filter(({user:o})=>J(o.name).includes(n)||J(o.username??"").includes(n)).sort(ei[s])}},ws={host:0,cohost:1,member:2},_s=(t,e)=>t.joined_at.localeCompare(e.joined_at)||t.number-e.number,vt=(t,e)=>t.user.name.localeCompare(e.user.name)||_s(t,e),ei={joined:_s,name:vt,role:(t,e)=>ws[t.role]-ws[e.role]||vt(t,e),device:(t,e)=>(t.devices[0]??"~").localeCompare(e.devices[0]??"~")||vt(t,e)};var gt="foyer.resume";var ks=()=>location.hash;async function xs(){let t=si();return!t?.device_id||t.identity!==ks()?void 0:await bt(t.device_id)?{epoch:t.epoch,rev:t.rev,device_id:t.device_id}:void 0}function je(t){if(t)try{sessionStorage.setItem(gt,JSON.stringify({identity:ks(),...t}))}catch{}}function Ss(){try{sessionStorage.removeItem(gt)}catch{}}var As=new Set;function bt(t){return As.has(t)?Promise.resolve(!0):navigator.locks?new Promise(e=>{let s=AbortSignal.timeout(400);navigator.locks.request(`foyer.device.${t}`,{signal:s},()=>(As.add(t),e(!0),new Promise(()=>{}))).catch(()=>e(!1))}):Promise.resolve(ti())}function ti(){let[t]=performance.getEntriesByType("navigation");return t?.type==="reload"}function si(){try{return JSON.parse(sessionStorage.getItem(gt)??"null")??void 0}catch{return}}var ni=8e3,ii=1e4,oi=2e3,Be=class{constructor(e,s,n,i){this.tokens=e;this.companion=s;this.changed=i;this.client=new fe({url:`${location.protocol==="https:"?"wss":"ws"}://${location.host}/v1/ws`,token:e.get,client:{name:"foyer-tablet",kind:s?"tablet":"web",...s?{companion:s}:{}},...n?{resume:n}:{}}),this.relations=new De(this.client,i),this.#s()}tokens;companion;changed;status="starting";closedBecause="";draining=!1;hello;relations;room=new qe;presences=new Map;own={status:"online",devices:[]};note;settings;settingsRev=0;route="here";hereQuery="";hereSort="joined";boxTab="received";selected=new Set;search={query:"",people:[],cursor:void 0,done:"",error:""};recent=[];sessions={query:"",items:[],cursor:void 0,loaded:!1};focusUser;focus;dialog;toasts=[];notice;said="";busy=new Set;signIn=()=>{};client;#e=0;#t=0;get me(){return this.hello?.user??{id:"",name:""}}get features(){return this.hello?.features??[]}start(){this.client.connect().catch(()=>{})}async run(e,s,n=""){if(!this.busy.has(e)){this.busy.add(e),this.changed();try{let i=await s();return this.said=n,i}catch(i){this.tell(A(i));return}finally{this.busy.delete(e),this.changed()}}}tell(e){this.notice=e,clearTimeout(this.#e),e&&(this.#e=window.setTimeout(()=>this.tell(void 0),ni)),this.changed()}dismissToast(e){this.toasts=this.toasts.filter(s=>s.id!==e),this.changed()}presenceOf(e){return(e.user&&this.presences.get(e.user.id))??e.presence}#s(){let e=(s,n)=>this.client.on(s,i=>{n(i),this.changed()});e("status",({status:s,reason:n,error:i})=>{s==="online"&&(this.status="online"),s==="offline"&&(this.status="offline"),s==="closed"&&this.#a(n,i),s!=="connecting"&&(this.draining=!1)}),e("hello",s=>{this.#o(s).catch(n=>this.#n(n))}),e("sync",({cause:s})=>{s==="gap"&&this.relations.loadAll().catch(n=>this.#n(n))}),e("relation.changed",s=>this.#l(s)),e("invitation.seen",({unseen:s})=>this.relations.unseen=s),e("settings.changed",({rev:s,settings:n})=>this.learnSettings(n,s)),e("people.focus_changed",s=>{s.person.user?.id===this.focusUser?.id&&this.learnFocus(s)}),e("presence.changed",({people:s})=>{for(let{user_id:n,presence:i}of s)n===this.me.id?this.learnOwn(i):this.presences.set(n,i)}),e("session.roster",s=>{this.room.apply(s)||this.rejoin(s.session_id)}),e("session.resync",s=>this.enter(s)),e("session.updated",({session:s})=>{s.id===this.room.session?.id&&(this.room.session=s)}),e("session.ended",({session_id:s,reason:n})=>{s===this.room.session?.id&&(this.room.leave(),this.tell({text:lt[n]??"You left the session.",tone:"info"}))}),e("server.draining",()=>this.draining=!0)}async#o(e){let s=this.hello===void 0||this.hello.user.id!==e.user.id;this.hello=e,this.relations.unseen=e.unseen,as(e.time),bt(e.device_id),je(this.client.resume);let n=[this.#r(e),this.#i()];n.push(s||!e.resumed?this.relations.loadAll():this.relations.loadConnections()),(s||!e.resumed)&&n.push(this.client.call("settings.get").then(({settings:i,rev:o})=>this.learnSettings(i,o))),await Promise.all(n)}async#r({session_id:e}){e?this.companion||await this.rejoin(e):this.room.leave()}enter(e){this.room.enter(e);let s=this.hello?.server.node,n=e.members.map(({user:r,attributes:l})=>({id:r.id,node:l[be]})),i=n.some(r=>r.node!==void 0)&&n.find(({id:r})=>r===this.me.id)?.node!==s;if(!s||!i||this.companion)return;let o={session_id:e.session.id,attributes:{[be]:s}};this.client.call("session.set_attributes",o).catch(()=>{})}async rejoin(e){try{this.enter(await this.client.call("session.join",{session_id:e}))}catch(s){if(s instanceof g&&s.code===0)return;this.room.leave(),this.tell({text:lt.closed,tone:"info"})}this.changed()}async#i(){let{person:e}=await this.client.call("people.focus",{user_id:this.me.id});e.presence&&this.learnOwn(e.presence);let s=this.focusUser;s?this.learnFocus(await this.client.call("people.focus",{user_id:s.id})):await this.client.call("people.unfocus",{})}#n(e){!(e instanceof g)||e.code===0||(this.tell(A(e)),!(e.reason!=="unavailable"&&e.reason!=="rate_limited")&&window.setTimeout(()=>{this.relations.loadAll().catch(s=>this.#n(s))},e.data.retry_after_ms??oi))}#l(e){this.relations.apply(e);for(let r of this.selected)this.relations.sent.items.some(l=>l.id===r)||this.selected.delete(r);let{user:s,cause:n}=e;if(!s)return;e.relation.state!=="connected"&&!this.room.members.has(s.id)&&this.presences.delete(s.id),this.toasts=this.toasts.filter(r=>r.user.id!==s.id);let i=n==="received"||n==="accepted"||n==="crossed";if(!e.notify||!i||this.own.status==="busy")return;let o={id:++this.#t,cause:n,user:s,invitationId:e.invitation_id};this.toasts=[...this.toasts,o].slice(-3),window.setTimeout(()=>this.#c(o.id),ii)}#c(e){document.getElementById(`toast-${e}`)?.matches(":hover, :focus-within")?window.setTimeout(()=>this.#c(e),1e3):this.dismissToast(e)}#a(e,s){if(Ss(),e==="token"){this.status="sign_in";let n=s&&s.reason!=="sign_in"?A(s).text:"";this.closedBecause=n||(this.hello?dt.token:"");return}this.status="closed",this.closedBecause=dt[e??""]??s?.message??"This device was disconnected."}learnSettings(e,s){s<this.settingsRev||(this.settings=e,this.settingsRev=s)}learnOwn(e){this.own=e,(!e.invisible||e.note)&&(this.note=e.note)}learnFocus(e){let{user:s,presence:n}=e.person;this.focus=e,s&&n&&s.id!==this.me.id&&this.presences.set(s.id,n)}};var Es="foyer.theme";function Ms(){return document.documentElement.dataset.theme??"system"}function Rs(t){Ps(t);try{localStorage.setItem(Es,t)}catch{}}function Cs(){try{Ps(localStorage.getItem(Es)??"system")}catch{}}function Ps(t){t==="light"||t==="dark"?document.documentElement.dataset.theme=t:delete document.documentElement.dataset.theme}var ri=5e3,$t=()=>new g(0,"Sign in to go on.",{reason:"sign_in"}),He=class{constructor(e){this.name=e;addEventListener("message",s=>{let n=s.source===window.opener||window.parent!==window&&s.source===window.parent;s.origin!==location.origin||!n||s.data?.type==="foyer.token"&&typeof s.data.token=="string"&&this.hand(s.data.token)})}name;#e;#t=[];get automatic(){return!!(this.name||window.foyerToken||this.#e||this.#s)}get#s(){return window.parent===window?window.opener??void 0:window.parent}hand(e){this.#e=e.trim();for(let s of this.#t.splice(0))s(this.#e)}get=async({rejected:e})=>{if(window.foyerToken)return window.foyerToken();if(this.#e&&!e){let s=this.#e;return this.#s&&(this.#e=void 0),s}if(this.name)return this.#o(this.name);if(this.#s)return this.#r(this.#s);if(e||!this.#e)throw $t();return this.#e};async#o(e){let s;try{s=await fetch("/dev/token",{method:"POST",headers:{"content-type":"application/json"},body:JSON.stringify({name:e})})}catch{throw new g(0,"The server can\u2019t be reached.",{reason:"unavailable"})}if(s.status>=500)throw new g(0,"The server is not ready.",{reason:"unavailable"});if(!s.ok)throw $t();return(await s.json()).token}#r(e){return e.postMessage({type:"foyer.token_wanted"},location.origin),new Promise((s,n)=>{this.#t.push(s),setTimeout(()=>n($t()),ri)})}};var Us={ATTRIBUTE:1,CHILD:2,PROPERTY:3,BOOLEAN_ATTRIBUTE:4,EVENT:5,ELEMENT:6},Vs=t=>(...e)=>({_$litDirective$:t,values:e}),Fe=class{constructor(e){}get _$AU(){return this._$AM._$AU}_$AT(e,s,n){this._$Ct=e,this._$AM=s,this._$Ci=n}_$AS(e,s){return this.update(e,s)}update(e,s){return this.render(...s)}};var{I:ai}=Jt,Is=t=>t;var Os=()=>document.createComment(""),ie=(t,e,s)=>{let n=t._$AA.parentNode,i=e===void 0?t._$AB:e._$AA;if(s===void 0){let o=n.insertBefore(Os(),i),r=n.insertBefore(Os(),i);s=new ai(o,r,t,t.options)}else{let o=s._$AB.nextSibling,r=s._$AM,l=r!==t;if(l){let d;s._$AQ?.(t),s._$AM=t,s._$AP!==void 0&&(d=t._$AU)!==r._$AU&&s._$AP(d)}if(o!==i||l){let d=s._$AA;for(;d!==o;){let m=Is(d).nextSibling;Is(n).insertBefore(d,i),d=m}}}return s},q=(t,e,s=t)=>(t._$AI(e,s),t),ci={},Ns=(t,e=ci)=>t._$AH=e,Ls=t=>t._$AH,We=t=>{t._$AR(),t._$AA.remove()};var Ds=(t,e,s)=>{let n=new Map;for(let i=e;i<=s;i++)n.set(t[i],i);return n},k=Vs(class extends Fe{constructor(t){if(super(t),t.type!==Us.CHILD)throw Error("repeat() can only be used in text expressions")}dt(t,e,s){let n;s===void 0?s=e:e!==void 0&&(n=e);let i=[],o=[],r=0;for(let l of t)i[r]=n?n(l,r):r,o[r]=s(l,r),r++;return{values:o,keys:i}}render(t,e,s){return this.dt(t,e,s).values}update(t,[e,s,n]){let i=Ls(t),{values:o,keys:r}=this.dt(e,s,n);if(!Array.isArray(i))return this.ut=r,o;let l=this.ut??=[],d=[],m,f,h=0,v=i.length-1,y=0,$=o.length-1;for(;h<=v&&y<=$;)if(i[h]===null)h++;else if(i[v]===null)v--;else if(l[h]===r[y])d[y]=q(i[h],o[y]),h++,y++;else if(l[v]===r[$])d[$]=q(i[v],o[$]),v--,$--;else if(l[h]===r[$])d[$]=q(i[h],o[$]),ie(t,d[$+1],i[h]),h++,$--;else if(l[v]===r[y])d[y]=q(i[v],o[y]),ie(t,i[h],i[v]),v--,y++;else if(m===void 0&&(m=Ds(r,y,$),f=Ds(l,h,v)),m.has(l[h]))if(m.has(l[v])){let M=f.get(r[y]),Qe=M!==void 0?i[M]:null;if(Qe===null){let Rt=ie(t,i[h]);q(Rt,o[y]),d[y]=Rt}else d[y]=q(Qe,o[y]),ie(t,i[h],Qe),i[M]=null;y++}else We(i[v]),v--;else We(i[h]),h++;for(;y<=$;){let M=ie(t,d[$+1]);q(M,o[y]),d[y++]=M}for(;h<=v;){let M=i[h++];M!==null&&We(M)}return this.ut=r,Ns(t,d),P}});async function G(t,e,s){if(e.has_password&&s===void 0){t.dialog={kind:"password",session:e},t.changed();return}await t.run("join",async()=>{try{let n=await t.client.call("session.join",{session_id:e.id,...s?{password:s}:{}});t.enter(n),t.dialog=void 0,t.route="here",t.said=`You joined ${n.session.name}.`}catch(n){if(n instanceof g&&n.reason==="wrong_password")t.dialog={kind:"password",session:e,...s?{error:A(n).text}:{}};else if(t.dialog)_t(t,n);else throw ge(t),Ws(t,n)}})}async function qs(t,e){await t.run("create",async()=>{try{t.enter(await t.client.call("session.create",e)),t.dialog=void 0,t.route="here"}catch(s){_t(t,Ws(t,s))}})}async function Ye(t){let e=t.room.session;if(!e)return;let s=()=>t.client.call("session.leave",{session_id:e.id});await t.run("leave",s,`You left ${e.name}.`)&&(t.room.session?.id===e.id&&t.room.leave(),z(t),t.changed())}async function Ke(t,e){let s=t.room.session?.id;s&&await t.run("update",async()=>{try{let{session:n}=await t.client.call("session.update",{session_id:s,...e});t.room.session?.id===s&&(t.room.session=n),t.dialog?.kind==="room"&&(t.dialog=void 0)}catch(n){if(t.dialog?.kind!=="room")throw n;_t(t,n)}})}async function $e(t,e,s){let n=t.room.session?.id;n&&await t.run(`attributes ${s??""}`,async()=>{try{await t.client.call("session.set_attributes",{session_id:n,attributes:e,...s?{user_id:s}:{}})}catch(i){throw!s&&i instanceof g&&i.reason==="forbidden"&&"muted"in e?new g(i.code,"A host muted you. Ask them to unmute you.",{reason:"muted_by_host"}):i}})}async function js(t,e,s){let n=t.room.session?.id;if(!n)return;let i=()=>t.run(`role ${e.id}`,()=>t.client.call("session.set_role",{session_id:n,user_id:e.id,role:s}));if(s!=="host"){await i();return}K(t,{title:`Make ${e.name} the host?`,text:"You become a co-host.",yes:"Hand over",no:"Stay host",run:i})}function wt(t,e,s){let n=t.room.session?.id;n&&K(t,{title:s?`Ban ${e.name}?`:`Remove ${e.name} from the session?`,text:s?"They leave now and can\u2019t come back until you lift the ban.":"They leave now, and may join again.",yes:s?"Ban":"Remove",no:"Cancel",run:()=>t.run(`kick ${e.id}`,()=>t.client.call("session.kick",{session_id:n,user_id:e.id,...s?{ban:s}:{}}),`${e.name} ${s?"is banned":"was removed"}.`)})}async function Bs(t){let e=t.room.session?.id;if(!e)return;t.dialog={kind:"bans"};let s=await t.run("bans",()=>t.client.call("session.bans",{session_id:e,limit:200}));t.dialog?.kind==="bans"&&(t.dialog=s?{kind:"bans",users:s.users}:void 0,t.changed())}async function Hs(t,e){let s=t.room.session?.id;s&&await t.run(`unban ${e.id}`,async()=>{await t.client.call("session.unban",{session_id:s,user_id:e.id}),t.dialog?.kind==="bans"&&(t.dialog={kind:"bans",users:t.dialog.users?.filter(n=>n.id!==e.id)})},`${e.name} may join again.`)}function Fs(t){let e=t.room.session;e&&K(t,{title:`Close ${e.name}?`,text:"Everyone leaves, and the session ends for good.",yes:"Close session",no:"Keep it open",run:()=>t.run("close",()=>t.client.call("session.close",{session_id:e.id}))})}function _t(t,e){if(!t.dialog||t.dialog.kind==="confirm"||t.dialog.kind==="bans")throw e;t.dialog={...t.dialog,error:A(e).text},t.changed()}function Ws(t,e){return!t.companion||!(e instanceof g)||e.reason!=="forbidden"?e:new g(e.code,"This tablet follows your headset. Put the headset on first.",{reason:"no_headset"})}var Ys={people:p`<circle cx="9" cy="8" r="3.5"/><path d="M2.5 20c.4-4 3-6 6.5-6s6.1 2 6.5 6M16 4.700a3.5 3.5 0 0 1 0 6.600M18 14.300c2 .8 3.2 2.7 3.5 5.7"/>`,door:p`<path d="M6 21V7a6 6 0 0 1 12 0v14M3.5 21h17"/><circle cx="14" cy="14" r=".8" fill="currentColor"/>`,here:p`<path d="M4 20V10l8-6 8 6v10"/><circle cx="12" cy="12" r="2.2"/><path d="M8 20c.2-2.6 1.7-4 4-4s3.8 1.4 4 4"/>`,link:p`<circle cx="7" cy="9" r="3"/><circle cx="17" cy="9" r="3"/><path d="M10 9h4M2.5 19c.3-3 2-4.6 4.5-4.600s4.2 1.6 4.5 4.600M12.5 19c.3-3 2-4.6 4.5-4.600s4.2 1.6 4.5 4.6"/>`,mail:p`<rect x="3" y="5" width="18" height="14" rx="3"/><path d="m4 8 8 5.500L20 8"/>`,add:p`<circle cx="10" cy="8" r="3.5"/><path d="M3.5 20c.4-4 3-6 6.5-6 1.4 0 2.7.3 3.7 1M18.5 14v7M15 17.500h7"/>`,you:p`<circle cx="12" cy="8" r="4"/><path d="M4 21c.5-4.7 3.6-7 8-7s7.5 2.3 8 7"/>`,search:p`<circle cx="11" cy="11" r="6.5"/><path d="m16 16 4.5 4.5"/>`,close:p`<path d="M6 6l12 12M18 6 6 18"/>`,check:p`<path d="m5 12.5 4.5 4.500L19 7.5"/>`,hand:p`<path d="M8 12V5.500a1.5 1.5 0 0 1 3 0V11m0-.5v-6a1.5 1.5 0 0 1 3 0V11m0-4.500a1.5 1.5 0 0 1 3 0V12m0-2.500a1.5 1.5 0 0 1 3 0V15c0 4-2.5 6.5-6 6.5-3 0-4.6-1.2-6-3.700L5 13.700c-.8-1.6 1.2-2.7 2.2-1.400L8 13.5"/>`,mic:p`<rect x="9" y="3" width="6" height="11" rx="3"/><path d="M5.5 11.500a6.5 6.5 0 0 0 13 0M12 18v3"/>`,micOff:p`<path d="M15 9.500V6a3 3 0 0 0-6 0v5a3 3 0 0 0 4.6 2.500M5.5 11.500a6.5 6.5 0 0 0 10.3 5.200M18.5 11.500c0 1-.2 1.8-.5 2.600M12 18v3M4 4l16 16"/>`,lock:p`<rect x="5" y="11" width="14" height="9" rx="2.5"/><path d="M8 11V8a4 4 0 0 1 8 0v3"/>`,unlock:p`<rect x="5" y="11" width="14" height="9" rx="2.5"/><path d="M8 11V8a4 4 0 0 1 7.6-1.7"/>`,key:p`<circle cx="8" cy="15" r="4"/><path d="m11 12 8.5-8.500M16 7l3 3"/>`,leave:p`<path d="M14 4H7a2 2 0 0 0-2 2v12a2 2 0 0 0 2 2h7M10 12h10M16.5 8.5 20 12l-3.5 3.5"/>`,plus:p`<path d="M12 5v14M5 12h14"/>`,undo:p`<path d="M9 7 4.5 11.5 9 16M5 11.500h9a5 5 0 0 1 0 10h-2"/>`,block:p`<circle cx="12" cy="12" r="8.5"/><path d="m6 6 12 12"/>`,star:p`<path d="m12 4 2.4 5 5.6.7-4.1 3.8 1.1 5.5-5-2.7-5 2.7 1.1-5.500L4 9.7 9.6 9z"/>`,phone:p`<path d="M6.5 3.500h3l1.5 4.5-2 1.500a11 11 0 0 0 5.5 5.500l1.5-2 4.5 1.500v3a2 2 0 0 1-2 2A15.5 15.5 0 0 1 4.5 5.500a2 2 0 0 1 2-2z"/>`,edit:p`<path d="M4 20l1-4.500L16 4.500l3.5 3.500L8.5 19z"/>`,headset:p`<rect x="3" y="7" width="18" height="10" rx="4"/><path d="M9.5 17c.8-2 4.2-2 5 0"/>`,tablet:p`<rect x="5" y="3" width="14" height="18" rx="2.5"/><path d="M11 18h2"/>`,desktop:p`<rect x="3" y="4" width="18" height="12" rx="2"/><path d="M9 20h6M12 16v4"/>`,mobile:p`<rect x="7" y="3" width="10" height="18" rx="2.5"/><path d="M11 18h2"/>`,web:p`<circle cx="12" cy="12" r="8.5"/><path d="M3.5 12h17M12 3.500c5 5.5 5 11.5 0 17-5-5.5-5-11.5 0-17z"/>`,node:p`<rect x="4" y="4" width="16" height="7" rx="2"/><rect x="4" y="13" width="16" height="7" rx="2"/><path d="M8 7.500h.1M8 16.500h.1"/>`,bot:p`<rect x="5" y="8" width="14" height="11" rx="3"/><path d="M12 8V4M9 13v1M15 13v1"/>`},b=t=>a`<svg class="icon" viewBox="0 0 24 24" aria-hidden="true">${Ys[t]}</svg>`,ze=t=>b(t in Ys?t:"web"),At=a`<svg class="logo" viewBox="0 0 32 32" aria-hidden="true">
  <rect width="32" height="32" rx="9" /><path d="M10 25V12a6 6 0 0 1 12 0v13" /><circle cx="16" cy="18" r="2.4" />
</svg>`;var li=10;function w(t,e="m",s){let n=t?.name??"",i=t?.avatar_url&&/^(https:|\/(?!\/))/.test(t.avatar_url)?t.avatar_url:void 0;return a`<span class="avatar avatar-${e} hue-${hi(t?.id??n)%li}" aria-hidden="true">
    <span class="avatar-face">
      ${t?ui(n):b("mail")}
      ${i?a`<img src=${i} alt="" loading="lazy" referrerpolicy="no-referrer" @error=${di} />`:c}
    </span>
    ${s?a`<span class="dot dot-${s}"></span>`:c}
  </span>`}function di(t){t.target.remove()}function ui(t){let e=t.split(/\s+/).filter(n=>/^[\p{L}\p{N}]/u.test(n));return(e.length>1?[e[0],e[e.length-1]]:e).map(n=>[...n][0].toLocaleUpperCase()).join("")||"\xB7"}function hi(t){let e=2166136261;for(let s=0;s<t.length;s++)e=Math.imul(e^t.charCodeAt(s),16777619);return e>>>0}var Je=(t,e)=>typeof t=="string"&&t?a`<span class="node" title=${e} data-testid="node">${b("node")}<span class="visually-hidden">Node </span
        ><span class="clip">${t}</span></span
      >`:c;function Ks(t){if(!t)return"";let e=t.session?` \xB7 in ${t.session.name}`:"";return`${ee[t.status]??t.status}${e}`}function Q(t){let s={connected:["Connected","check","good"],invitation_sent:["Request sent","mail","wait"],invitation_received:["Wants to connect","mail","ask"],blocked:["Blocked","block","bad"]}[t.state];if(!s)return c;let[n,i,o]=s;return a`<span class="chip chip-${o}">${b(i)}<span>${n}</span></span>`}function u(t,e){return a`<button
    type="button"
    class="button button-${t.kind??"soft"} ${t.bare?"bare":""}"
    data-testid=${t.testid??c}
    title=${t.bare?t.label:c}
    aria-label=${t.bare?t.label:c}
    aria-pressed=${t.pressed===void 0?c:t.pressed}
    aria-busy=${t.busy?"true":c}
    ?disabled=${t.disabled}
    @click=${s=>{t.busy||e(s)}}
  >
    ${t.icon?b(t.icon):c}${t.bare?c:a`<span>${t.label}</span>`}
  </button>`}function S(t,e=c,s=2){let n=a`${t}${e}`;return s===1?a`<h1 class="heading" tabindex="-1">${n}</h1>`:a`<h2 class="heading" tabindex="-1">${n}</h2>`}function _(t,e,s,n=c){return a`<div class="empty">
    <span class="empty-icon">${b(t)}</span>
    <p class="empty-title">${e}</p>
    <p class="muted">${s}</p>
    ${n}
  </div>`}function j(t,e,s,n=t){return a`<label class="search">
    <span class="visually-hidden">${t}</span>
    ${b("search")}
    <input
      type="search"
      autocomplete="off"
      spellcheck="false"
      enterkeyhint="search"
      placeholder=${n}
      .value=${e}
      @input=${i=>s(i.target.value)}
    />
  </label>`}var T=(t=4)=>a`<ul class="rows" aria-hidden="true">
    ${Array.from({length:t},()=>a`<li class="row skeleton"><span></span></li>`)}
  </ul>`;function kt(t){t.dialog=void 0,t.changed()}function zs(t){let{dialog:e}=t;switch(e?.kind){case void 0:return c;case"confirm":return mi(t,e);case"password":return fi(t,e);case"create":return vi(t,e);case"join_id":return pi(t,e);case"room":return gi(t,e);case"bans":return bi(t,e)}}function oe(t,e,s,n,i){return a`<form
    class="dialog"
    method="dialog"
    @submit=${o=>{o.preventDefault(),s(new FormData(o.target))}}
  >
    <h2 id="dialog-title" class="heading" tabindex="-1">${t}</h2>
    ${e} ${n?a`<p class="inline-error" role="alert">${n}</p>`:c}
    <div class="dialog-foot">${i}</div>
  </form>`}var re=(t,e,s)=>a`<button class="button button-${e}" aria-busy=${s?"true":c}><span>${t}</span></button>`,we=(t,e="Cancel")=>u({label:e},()=>kt(t));function mi(t,{title:e,text:s,yes:n,no:i,danger:o,run:r}){let l=()=>{kt(t),r()},d=a`${we(t,i)}${re(n,o?"danger":"primary",!1)}`;return oe(e,a`<p>${s}</p>`,l,void 0,d)}function fi(t,{session:e,error:s}){return oe(`Join ${e.name}`,a`<label class="field">
      <span>Password</span>
      <input name="password" type="password" required maxlength="128" autocomplete="off" autofocus />
    </label>`,n=>{G(t,e,String(n.get("password")))},s,a`${we(t)}${re("Join","primary",t.busy.has("join"))}`)}function pi(t,{error:e}){return oe("Join with a session ID",a`<label class="field">
      <span>Session ID</span>
      <input name="id" required maxlength="128" autocomplete="off" autofocus />
    </label>`,s=>{G(t,{id:String(s.get("id")).trim(),name:"the session"})},e,a`${we(t)}${re("Join","primary",t.busy.has("join"))}`)}var yi=[["public","Everyone can find it"],["connections","My connections can find it"],["private","Only with the ID or an invitation"]];function Js(t,e=!0){return a`
    <label class="field">
      <span>Name</span>
      <input name="name" required maxlength="80" autocomplete="off" autofocus .value=${t?.name??""} />
    </label>
    <label class="field">
      <span>People at most</span>
      <input name="capacity" type="number" inputmode="numeric" min="1" max="1000" required .value=${String(t?.capacity??50)} />
    </label>
    ${e?a`<label class="field">
            <span>Who can find it</span>
            <select name="visibility">
              ${yi.map(([s,n])=>a`<option value=${s} ?selected=${s===(t?.visibility??"public")}>${n}</option>`)}
            </select>
          </label>
          <label class="field">
            <span>${t?.has_password?"New password (leave empty to keep it)":"Password (optional)"}</span>
            <input name="password" type="password" maxlength="128" autocomplete="new-password" />
          </label>`:c}
    ${e&&t?.has_password?a`<label class="check"><input type="checkbox" name="open" /><span>Remove the password</span></label>`:c}
  `}function vi(t,{error:e}){let s=i=>{qs(t,{name:String(i.get("name")).trim(),capacity:Number(i.get("capacity")),visibility:i.get("visibility"),...i.get("password")?{password:String(i.get("password"))}:{}})},n=a`${we(t)}${re("Start session","primary",t.busy.has("create"))}`;return oe("New session",Js(),s,e,n)}function gi(t,{error:e}){let{session:s}=t.room;if(!s)return c;let n=r=>{let l=String(r.get("name")).trim(),d=Number(r.get("capacity")),m=r.get("visibility"),f=String(r.get("password")??"");Ke(t,{...l!==s.name?{name:l}:{},...d!==s.capacity?{capacity:d}:{},...m&&m!==s.visibility?{visibility:m}:{},...r.get("open")?{password:""}:f?{password:f}:{}})},i=a`${we(t)}${re("Save","primary",t.busy.has("update"))}`,o=t.room.members.get(t.me.id)?.role==="host";return oe("Edit session",Js(s,o),n,e,i)}function bi(t,{users:e}){let s=e?e.length?a`<ul class="rows" aria-label="Banned people">
          ${k(e,({id:n})=>n,n=>a`<li class="row">
              <span class="row-main"
                >${w(n)}<span class="row-words"><span class="row-name"><bdi>${n.name}</bdi></span></span></span
              >
              <span class="row-end">
                ${u({label:"Lift ban",busy:t.busy.has(`unban ${n.id}`)},()=>Hs(t,n))}
              </span>
            </li>`)}
        </ul>`:_("check","Nobody is banned","People you ban from this session are listed here."):T(1);return oe("Banned people",s,()=>kt(t),void 0,re("Done","primary",!1))}var $i=300;function xt(t){let e=t.focus?.person.user??t.focusUser;return e?a`<div class="panel-inner" data-home data-testid="focus">
    <div class="panel-close">
      ${u({label:"Close",icon:"close",bare:!0,kind:"plain"},()=>se(t))}
    </div>
    ${wi(t,e)} ${t.focus?_i(t,t.focus,e):a`<div class="panel-loading" aria-busy="true"></div>`}
  </div>`:a`<div class="panel-empty">
      <span class="empty-icon">${b("you")}</span>
      <p class="muted">Tap someone to see who they are and what you can do.</p>
    </div>`}function wi(t,e){let s=t.presences.get(e.id)??t.focus?.person.presence,i=e.id===t.me.id?t.own:s;return a`<header class="profile">
    ${w(e,"l",i?.status)}
    <h2 class="heading profile-name" tabindex="-1"><bdi>${e.name}</bdi></h2>
    ${e.username?a`<p class="muted">@${e.username}</p>`:c}
    ${i?a`<p class="profile-presence">
            <span>${ee[i.status]}</span>
            ${i.devices.map(o=>a`<span class="device">${ze(o)}<span>${Ve[o]??o}</span></span>`)}
          </p>
          ${i.session?a`<p class="muted profile-where" dir="auto">
                ${i.session.id===t.room.session?.id?"In this session":`In ${i.session.name}`}
              </p>`:c}`:c}
    ${i?.note?a`<p class="profile-note" dir="auto">${i.note}</p>`:c}
  </header>`}function _i(t,e,s){let n=new Map(e.actions.map(o=>[o.action,o])),i=t.relations.of(s.id,e.person.relation);return a`
    ${Ai(i.state==="none"?c:Q(i),i.invitation??void 0)}
    <div class="actions">${ki(t,s,e,n)}</div>
    ${Si(t,s,n)}
    <div class="actions actions-last">
      ${V(t,n,"unblock",s,{label:"Unblock",icon:"block"},()=>ms(t,s))}
      ${V(t,n,"block",s,{label:"Block",icon:"block",kind:"plain"},()=>ps(t,s))}
    </div>
  `}function Ai(t,e){return t===c?c:a`<div class="relation" data-testid="focus-relation">
    ${t}
    ${e?a`<span class="muted"
          >${O(e.sent_at)}${e.direction==="sent"?` \xB7 expires ${ye(e.expires_at)}`:""}</span
        >`:c}
    ${e?.message?a`<p class="message" dir="auto">${e.message}</p>`:c}
  </div>`}function ki(t,e,s,n){let i=s.person.relation.invitation,o=t.presenceOf(s.person)?.session;return a`
    ${V(t,n,"withdraw",e,{label:"Cancel request",icon:"close",kind:"danger"},()=>Ne(t,e))}
    ${i?a`
          ${V(t,n,"accept",e,{label:"Accept",icon:"check",kind:"primary"},()=>D(t,i.id,e))}
          ${V(t,n,"decline",e,{label:"Decline"},()=>ne(t,i.id,e))}
        `:c}
    ${n.has("invite")?xi(t,e,n):c}
    ${V(t,n,"undo_decline",e,{label:"Undo decline",icon:"undo"},()=>hs(t,e))}
    ${o&&o.id!==t.room.session?.id?V(t,n,"join_session",e,{label:"Join their session",icon:"door"},()=>G(t,o)):c}
    ${V(t,n,"remove_connection",e,{label:"Remove connection"},()=>fs(t,e))}
  `}function Ge(t){let{user:e,relation:s}=t.focus?.person??{};if(!e||!s)return!1;let n=t.relations.of(e.id,s);return n.state!==s.state||n.invitation?.id!==s.invitation?.id}var Gs=(t,e)=>Ge(t)||t.busy.has(e.id)||t.busy.has(`kick ${e.id}`);function V(t,e,s,n,i,o){let r=e.get(s);if(!r)return c;let l=r.enabled?void 0:pe(r.reason,r.retry_at)??"Not possible right now.",d=Gs(t,n);return a`<div class="action" data-testid="action-${s}">
    ${u({...i,busy:d,disabled:!r.enabled},o)}
    ${l?a`<p class="reason">${l}</p>`:c}
  </div>`}function xi(t,e,s){let n=s.get("invite")?.enabled,i=l=>l.target.closest(".invite")?.querySelector("textarea")?.value.trim()??"",o=s.get("invite"),r=n?void 0:pe(o?.reason,o?.retry_at);return a`<div class="action invite" data-testid="action-invite">
    ${u({label:"Connect",icon:"add",kind:"primary",busy:Gs(t,e),disabled:!n},l=>ve(t,{user_id:e.id},e.name,e,i(l)))}
    ${r?a`<p class="reason">${r}</p>`:c}
    ${n?a`<details class="add-note">
          <summary>Add a message</summary>
          <label>
            <span class="visually-hidden">Message to ${e.name}</span>
            <textarea rows="3" maxlength=${$i} placeholder="Say where you met, or what it’s about"></textarea>
          </label>
        </details>`:c}
  </div>`}function Si(t,e,s){if(!["set_role","mute","kick","ban"].some(l=>s.has(l)))return c;let i=t.room.members.get(e.id),o=i?.attributes.muted===!0;return a`<section class="host" aria-label="Host controls">
    <h3 class="subheading">In this session</h3>
    ${i&&s.has("set_role")?Ti(t,e,i.role,s.get("set_role")):c}
    <div class="actions actions-grid">
      ${i?r("mute",o?"Unmute":"Mute",o?"mic":"micOff",()=>$e(t,{muted:o?null:!0},e.id)):c}
      ${r("kick","Remove","leave",()=>wt(t,e,!1))}
      ${r("ban","Ban","block",()=>wt(t,e,!0))}
    </div>
  </section>`;function r(l,d,m,f){return V(t,s,l,e,{label:d,icon:m},f)}}function Ti(t,e,s,n){let i=r=>{let l=r.target,d=l.value;l.value=s,js(t,e,d)},o=n?.enabled?void 0:pe(n?.reason,n?.retry_at);return a`<label class="select select-wide" data-testid="action-set_role">
      <span class="select-label">Role</span>
      <select aria-label="Role" .value=${s} ?disabled=${!n?.enabled} @change=${i}>
        ${["member","cohost","host"].map(r=>a`<option value=${r} ?selected=${r===s}>${te[r]}</option>`)}
      </select>
    </label>
    ${o?a`<p class="reason">${o}</p>`:c}`}var Qs=0;function Ei(t,e){clearTimeout(Qs),Qs=window.setTimeout(()=>Zs(t,!1,e.trim()),200)}function Zs(t,e,s=t.relations.connections.query){t.relations.loadConnections(e,s).catch(n=>t.tell(A(n)))}function Xs(t){let e=t.relations.connections;return a`<section data-home aria-label="Connections">
    ${S("Connections",a` <span class="count" data-testid="connections-total">${e.loaded?e.total:""}</span>`)}
    <div class="filters">
      ${j("Find a connection",e.query,s=>Ei(t,s))}
    </div>
    ${e.loaded?e.people.length?a`<ul class="rows" aria-label="Connections">
            ${k(e.people,({user:s})=>s?.id,s=>ae(t,s))}
          </ul>`:e.query?_("search","Nobody by that name","Only people you\u2019re connected with are listed here."):_("link","No connections yet","Connect with people you meet to find them again.",u({label:"Add a connection",kind:"primary"},()=>E(t,"add"))):T()}
    ${e.cursor?u({label:"Show more"},()=>Zs(t,!0)):c}
  </section>`}function ae(t,e,s=c,n=c){let{user:i}=e;if(!i)return c;let o=t.presenceOf(e),r=o?.note?`\u201C${o.note}\u201D`:"",l=[Ks(o),r].filter(Boolean).join(" \xB7 ")||(i.username?`@${i.username}`:"");return a`<li class="row" data-testid="person-${i.id}">
    <button
      type="button"
      class="row-main"
      aria-current=${t.focusUser?.id===i.id?"true":c}
      @click=${()=>N(t,i)}
    >
      ${w(i,"m",o?.status)}
      <span class="row-words">
        <span class="row-name"><bdi>${i.name}</bdi></span>
        <span class="row-more"><span class="clip" dir="auto">${l}</span></span>
        ${s}
      </span>
    </button>
    ${n===c?c:a`<span class="row-end">${n}</span>`}
  </li>`}function en(t){let{search:e}=t;return a`<section data-home aria-label="Add connection">
    ${S("Add connection")}
    <div class="filters">
      ${j("Search people",e.query,s=>vs(t,s),"Name or e-mail")}
    </div>
    ${e.error?a`<p class="inline-error" role="alert">${e.error}</p>`:c}
    ${e.query.trim().length<2?Ri(t):Mi(t)}
  </section>`}function Mi(t){let{people:e,cursor:s,done:n,query:i}=t.search;if(!n)return c;let o=[...e],r=Ie(i);return a`
    ${o.length?a`<ul class="rows" aria-label="Search results">
          ${k(o,l=>l.user?.id??l.address,l=>tn(t,l))}
        </ul>`:c}
    ${r?Ci(t,r,i.trim()):c}
    ${!o.length&&!r?_("search","Nobody found","Check the spelling, or type a whole e-mail address to invite someone by it."):c}
    ${s?u({label:"Show more"},()=>pt(t,!0)):c}
  `}function Ri(t){return t.recent.length?a`
    <h3 class="subheading">People you met lately</h3>
    <ul class="rows" aria-label="People you met lately">
      ${k(t.recent,({user:e})=>e?.id,e=>tn(t,e))}
    </ul>
  `:_("add","Find someone","Type at least two letters of a name or username, or a whole e-mail address.")}function tn(t,e){let{user:s}=e;if(!s)return c;let n=t.relations.of(s.id,e.relation),i=t.busy.has(s.id),o=n.invitation;if(n.state==="none"){let r=u({label:"Connect",kind:"primary",busy:i},()=>ve(t,{user_id:s.id},s.name,s));return ae(t,e,c,r)}if(n.state==="invitation_sent"){let r=u({label:`Cancel request to ${s.name}`,icon:"close",bare:!0,busy:i,testid:"cancel-cross"},()=>Ne(t,s));return ae(t,e,c,a`${Q(n)}${r}`)}if(n.state==="invitation_received"&&o){let r=u({label:"Accept",kind:"primary",busy:i},()=>D(t,o.id,s));return ae(t,e,a`<span class="row-more"><span>Wants to connect</span></span>`,r)}return ae(t,e,c,Q(n))}function Ci(t,e,s){let n="email"in e?"email":"sms",i="email"in e?e.email:e.phone,o=Pi(t,i),r=t.busy.has(o?.id??i);return!o&&!t.features.includes(n)?a`<p class="muted hint">Inviting by ${n==="email"?"e-mail":"text message"} isn’t available here.</p>`:a`
    <h3 class="subheading">By ${n==="email"?"e-mail":"text message"}</h3>
    <ul class="rows" aria-label="By address">
      <li class="row" data-testid="address-row">
        <span class="row-main">
          ${w(void 0)}
          <span class="row-words">
            <span class="row-name"><bdi>${s}</bdi></span>
            <span class="row-more">
              <span>${o?`Invited ${O(o.sent_at)}`:"We\u2019ll send them an invitation"}</span>
            </span>
          </span>
        </span>
        <span class="row-end">
          ${o?a`<span class="chip chip-wait">${b("mail")}<span>Request sent</span></span>${u({label:`Cancel request to ${i}`,icon:"close",bare:!0,busy:r,testid:"cancel-cross"},()=>Le(t,o))}`:u({label:"Invite",kind:"primary",busy:r},()=>ve(t,e,i))}
        </span>
      </li>
    </ul>
  `}function Pi(t,e){let s=e.toLowerCase(),{sent:n}=t.relations,i=n.items.find(o=>o.address?.toLowerCase()===s);return i||!n.cursor?i:t.search.people.find(o=>o.address?.toLowerCase()===s)?.relation.invitation}var Ui=[["joined","Joined"],["name","Name"],["role","Role"],["device","Device"]];function sn(t){let{session:e,members:s}=t.room;if(!e)return a`<section data-home aria-label="In this session">
      ${S("In this session")}
      ${_("door","You\u2019re not in a session",t.companion?"This tablet follows your headset: join a session there, or pick one here.":"Join one to see who\u2019s around.",u({label:"Find a session",kind:"primary"},()=>E(t,"sessions")))}
    </section>`;let n=t.room.list(t.hereQuery,t.hereSort);return a`<section data-home aria-label="In this session">
    <div class="room">
      <div class="room-words">
        <h2 class="heading" tabindex="-1" dir="auto">${e.name}</h2>
        <p class="muted">
          ${e.locked?a`${b("lock")}Locked · `:c}<span data-testid="member-count"
            >${x(s.size,"person","people")}</span
          >
          of ${e.capacity}
        </p>
      </div>
      ${Vi(t)}
    </div>
    <div class="filters">
      ${j("Filter by name",t.hereQuery,i=>{t.hereQuery=i,t.changed()})}
      <label class="select">
        <span class="select-label">Sort</span>
        <select
          aria-label="Sort"
          @change=${i=>{t.hereSort=i.target.value,t.changed()}}
        >
          ${Ui.map(([i,o])=>a`<option value=${i} ?selected=${i===t.hereSort}>${o}</option>`)}
        </select>
      </label>
    </div>
    ${n.length?a`<ul class="rows" aria-label="People in this session">
          ${k(n,({user:i})=>i.id,i=>Ii(t,i))}
        </ul>`:_("search","Nobody by that name","Try another part of the name.")}
  </section>`}function Vi(t){let e=t.room.members.get(t.me.id)?.attributes??{},s=e.hand_raised===!0,n=e.muted===!0,i=t.busy.has("attributes ");return a`<div class="room-controls">
    ${u({label:s?"Lower hand":"Raise hand",icon:"hand",bare:!0,pressed:s,busy:i},()=>$e(t,{hand_raised:s?null:!0}))}
    ${u({label:n?"Unmute":"Mute",icon:n?"micOff":"mic",bare:!0,pressed:n,busy:i},()=>$e(t,{muted:n?null:!0}))}
    ${u({label:"Leave session",icon:"leave",bare:!0,busy:t.busy.has("leave")},()=>Ye(t))}
  </div>`}function Ii(t,e){let{user:s,role:n,attributes:i,devices:o,connected:r}=e,l=s.id===t.me.id,d=l?t.own:t.presences.get(s.id),m=r?d&&d.status!=="offline"?d.status:"online":"offline",f=t.relations.of(s.id);return a`<li class="row" data-testid="member-${s.id}">
    <button
      type="button"
      class="row-main"
      aria-current=${t.focusUser?.id===s.id?"true":c}
      @click=${()=>N(t,s)}
    >
      ${w(s,"m",m)}
      <span class="row-words">
        <span class="row-name"><bdi>${s.name}</bdi>${l?a` <span class="tag">you</span>`:c}</span>
        <span class="row-more">
          ${r?c:a`<span class="warn">Reconnecting…</span>`}
          ${n==="member"?c:a`<span class="role">${b("star")}${te[n]}</span>`}
          ${o.map(h=>a`<span class="device">${ze(h)}<span>${Ve[h]??h}</span></span>`)}
          ${Je(i[be],"The server\u2019s node they are on")}
          ${r&&m!=="online"?a`<span>${ee[m]}</span>`:c}
        </span>
      </span>
      <span class="row-marks">
        ${i.hand_raised?a`<span class="mark mark-hand">${b("hand")}<span class="visually-hidden">Hand raised</span></span>`:c}
        ${i.muted?a`<span class="mark">${b("micOff")}<span class="visually-hidden">Muted</span></span>`:c}
        ${l?c:Q(f)}
      </span>
    </button>
  </li>`}function nn(t){return a`<section data-home aria-label="Invitations">
      ${S("Invitations")} ${Oi(t)}
    </section>
    <section data-home aria-label="Sent connection requests" class="apart">${Di(t)}</section>`}function Oi(t){let{received:e,declined:s}=t.relations,n=t.boxTab,i=(o,r,l)=>a`<button
      type="button"
      class="segment"
      aria-pressed=${o===n}
      @click=${()=>{t.boxTab=o,t.changed()}}
    >
      ${r} <span class="count">${l||""}</span>
    </button>`;return a`
    <div class="segments" role="group" aria-label="Which invitations">
      ${i("received","Received",e.total)}${i("declined","Declined",s.total)}
    </div>
    ${on(t,n,n==="received"?"Received requests":"Declined requests",{row:o=>n==="received"?Ni(t,o):Li(t,o),none:n==="received"?_("mail","Nothing waiting for you","Requests from others show up here the moment they\u2019re sent."):_("undo","Nothing declined","Requests you decline wait here in case you change your mind.")})}
  `}function on(t,e,s,{row:n,none:i}){let o=t.relations[e];if(!o.loaded)return T(2);if(!o.items.length)return i;let r=()=>t.relations.loadBox(e,!0).catch(l=>t.tell(A(l)));return a`<ul class="rows" aria-label=${s}>
      ${k(o.items,({id:l})=>l,n)}
    </ul>
    ${o.cursor?u({label:"Show more"},r):c}`}function St(t,e,s){let{user:n,address:i,message:o}=e,r=a`
    ${w(n)}
    <span class="row-words">
      <span class="row-name"><bdi>${n?.name??i}</bdi></span>
      <span class="row-more"><span>${s}</span></span>
      ${o?a`<span class="message" dir="auto">${o}</span>`:c}
    </span>
  `;return n?a`<button
    type="button"
    class="row-main"
    aria-current=${t.focusUser?.id===n.id?"true":c}
    @click=${()=>N(t,n)}
  >
    ${r}
  </button>`:a`<span class="row-main">${r}</span>`}function Ni(t,e){let{id:s,user:n}=e,i=t.busy.has(n?.id??s),o=e.channel==="in_app"?"":` to ${e.address??"your address"}`;return a`<li class="row row-wrap" data-testid="received-${n?.id??s}">
    ${St(t,e,`Sent ${O(e.sent_at)}${o}`)}
    <span class="row-end">
      ${u({label:"Decline",busy:i},()=>ne(t,s,n))}
      ${u({label:"Accept",kind:"primary",busy:i},()=>D(t,s,n))}
    </span>
  </li>`}function Li(t,e){let{id:s,user:n}=e,i=e.resolved_at?` ${O(e.resolved_at)}`:"";return a`<li class="row row-wrap" data-testid="declined-${n?.id??s}">
    ${St(t,e,`Declined${i}`)}
    <span class="row-end">
      ${u({label:"Undo",icon:"undo",busy:t.busy.has(n?.id??s)},()=>ft(t,s,n))}
    </span>
  </li>`}function Di(t){let{items:e,total:s,loaded:n}=t.relations.sent;return a`
    ${S("Sent connection requests",a` <span class="count" data-testid="sent-total">${n&&s?s:""}</span>`)}
    ${e.length&&t.features.includes("withdraw_many")?qi(t):c}
    ${on(t,"sent","Sent connection requests",{row:i=>ji(t,i),none:_("mail","No open requests","Requests you send stay here until they\u2019re answered, cancelled or expire.")})}
  `}function qi(t){let{items:e}=t.relations.sent,s=e.filter(({id:i})=>t.selected.has(i)).length,n=s===e.length;return a`<div class="selection">
    <label class="check">
      <input
        type="checkbox"
        .checked=${n}
        .indeterminate=${s>0&&!n}
        @change=${()=>{t.selected=new Set(n?[]:e.map(({id:i})=>i)),t.changed()}}
      />
      <span>Select all</span>
    </label>
    <span class="muted grow" aria-live="polite">${s?`${s} selected`:""}</span>
    ${u({label:s?`Cancel ${x(s,"request")}`:"Cancel requests",kind:"danger",disabled:s===0,busy:t.busy.has("withdraw_many"),testid:"cancel-selected"},()=>ys(t))}
  </div>`}function ji(t,e){let{id:s,user:n,address:i}=e,o=n?.name??i??"",r=e.channel==="in_app"?"":e.channel==="email"?" by e-mail":" by text message",l=t.features.includes("withdraw_many");return a`<li class="row" data-testid="sent-${n?.id??i}">
    ${l?a`<label class="check check-only">
          <input
            type="checkbox"
            aria-label=${`Select request to ${o}`}
            .checked=${t.selected.has(s)}
            @change=${()=>{t.selected.delete(s)||t.selected.add(s),t.changed()}}
          />
        </label>`:c}
    ${St(t,e,`Sent ${O(e.sent_at)}${r} \xB7 expires ${ye(e.expires_at)}`)}
    ${l?c:a`<span class="row-end"
          >${u({label:`Cancel request to ${o}`,icon:"close",bare:!0,busy:t.busy.has(n?.id??s)},()=>Le(t,e))}</span
        >`}
  </li>`}function Tt(t){return t?a`<span class="badge" data-testid="unseen"
    >${t>99?"99+":t}<span class="visually-hidden"> new</span></span
  >`:c}var an={public:"Open to all",connections:"Host\u2019s connections",private:"By invitation"},rn=0;function cn(t){let{items:e,loaded:s,cursor:n,query:i}=t.sessions,o=e.filter(({id:r})=>r!==t.room.session?.id);return a`${t.room.session?Hi(t,t.room.session):c}
    <section data-home aria-label="Sessions" class=${t.room.session?"apart":""}>
      ${S(t.room.session?"Other sessions":"Sessions")}
      <div class="filters">
        ${j("Find a session",i,r=>{t.sessions.query=r,clearTimeout(rn),rn=window.setTimeout(()=>z(t),250)})}
        ${u({label:"New",icon:"plus",kind:"primary"},()=>{t.dialog={kind:"create"},t.changed()})}
      </div>
      ${s?o.length?a`<ul class="rows" aria-label="Sessions">
              ${k(o,({id:r})=>r,r=>Bi(t,r))}
            </ul>`:_("door",i?"No session by that name":"No sessions right now","Start one, and others can join you."):T(3)}
      ${n?u({label:"Show more"},()=>z(t,!0)):c}
      <p class="below">
        ${u({label:"Join with a session ID",icon:"key",kind:"plain"},()=>{t.dialog={kind:"join_id"},t.changed()})}
      </p>
    </section>`}function Bi(t,e){let s=e.member_count>=e.capacity,n=[e.locked?a`<span class="chip">${b("lock")}<span>Locked</span></span>`:c,e.has_password?a`<span class="chip">${b("key")}<span>Password</span></span>`:c,s?a`<span class="chip chip-wait"><span>Full</span></span>`:c];return a`<li class="row" data-testid="session-${e.id}">
    <span class="row-main">
      <span class="session-icon">${b("door")}</span>
      <span class="row-words">
        <span class="row-name"><bdi>${e.name}</bdi></span>
        <span class="row-more">
          <span>${e.member_count} of ${e.capacity} · ${an[e.visibility]}</span>
          ${n}
        </span>
      </span>
    </span>
    <span class="row-end">
      ${u({label:"Join",kind:"primary",busy:t.busy.has("join")},()=>G(t,e))}
    </span>
  </li>`}function Hi(t,e){let s=t.room.members.get(t.me.id)?.role??"member",n=()=>{t.dialog={kind:"room"},t.changed()},i=[`${x(t.room.members.size,"person","people")} of ${e.capacity}`,an[e.visibility],e.has_password?"Password":"",e.locked?"Locked":"",e.persistent?"Stays when empty":""];return a`<section data-home aria-label="Current session" class="card" data-testid="current-session">
    <p class="eyebrow">You’re in</p>
    <h2 class="heading" tabindex="-1" dir="auto">${e.name}</h2>
    <p class="muted">${i.filter(Boolean).join(" \xB7 ")}</p>
    <p class="muted">Your role: ${te[s]}</p>
    <div class="card-actions">
      ${u({label:"See who\u2019s here",icon:"people"},()=>E(t,"here"))}
      ${u({label:"Leave",icon:"leave",busy:t.busy.has("leave")},()=>Ye(t))}
    </div>
    ${s==="member"?c:a`<div class="card-actions host-row" role="group" aria-label="Host controls">
          ${u({label:e.locked?"Unlock":"Lock",icon:e.locked?"unlock":"lock",busy:t.busy.has("update")},()=>Ke(t,{locked:!e.locked}))}
          ${u({label:"Edit",icon:"edit"},n)}
          ${u({label:"Banned",icon:"block"},()=>Bs(t))}
          ${s==="host"?u({label:"Close session",kind:"danger"},()=>Fs(t)):c}
        </div>`}
    <details class="share">
      <summary>Session ID</summary>
      <code>${e.id}</code>
    </details>
  </section>`}var Fi=[["online","Online",""],["away","Away",""],["busy","Busy","No pop-ups"],["invisible","Invisible","Looks like offline"]];function dn(t){return a`<section data-home aria-label="You">
      <div class="me">
        ${w(t.me,"l",t.own.invisible?"offline":t.own.status)}
        <div class="me-words">
          <h2 class="heading" tabindex="-1"><bdi>${t.me.name}</bdi></h2>
          <p class="muted">${[t.me.username?`@${t.me.username}`:"",t.me.email].filter(Boolean).join(" \xB7 ")}</p>
        </div>
      </div>
      ${Wi(t)}
    </section>
    <section data-home aria-label="Privacy" class="apart">${S("Privacy")} ${zi(t)}</section>
    <section data-home aria-label="This tablet" class="apart">${S("This tablet")} ${Gi(t)}</section>`}function ln(t,e,s,n){t.run("presence",async()=>{let{presence:i}=await t.client.call("presence.set",{status:e,note:s,...n?{note_until:n}:{}});t.learnOwn({...i,...e==="invisible"?{invisible:!0}:{}}),t.note=s},"Your status is set.")}function Wi(t){let e=t.own.invisible?"invisible":t.own.status==="offline"?"online":t.own.status,s=t.note??"",n=i=>{i.preventDefault();let o=new FormData(i.target),r=Number(o.get("hours")),l=r?new Date(X()+r*36e5).toISOString():void 0;ln(t,e,String(o.get("note")??"").trim(),l)};return a`<div class="statuses" role="group" aria-label="Status">
      ${Fi.map(([i,o,r])=>a`<button
          type="button"
          class="status"
          aria-pressed=${i===e}
          aria-busy=${t.busy.has("presence")?"true":c}
          @click=${()=>ln(t,i,s)}
        >
          <span class="dot dot-${i==="invisible"?"offline":i}"></span>
          <span>${o}${r?a`<small>${r}</small>`:c}</span>
        </button>`)}
    </div>
    <form class="note-form" @submit=${n}>
      <label class="field grow">
        <span>Note</span>
        <input name="note" maxlength="128" autocomplete="off" placeholder="What you’re up to" .value=${s} />
      </label>
      <label class="field">
        <span>Clear after</span>
        <select name="hours">
          <option value="0">Never</option>
          <option value="1">1 hour</option>
          <option value="4">4 hours</option>
          <option value="24">1 day</option>
        </select>
      </label>
      <button class="button button-soft" aria-busy=${t.busy.has("presence")?"true":c}><span>Save note</span></button>
    </form>`}var Yi=[["everyone","Everyone"],["shared_session","People I\u2019ve shared a session with"],["email","People who know my e-mail address"],["nobody","Nobody"]],Ki=[["findable_by_name","Found by name","Others can find you by your name or username."],["findable_by_email","Found by e-mail","Whoever types your whole address can find you."],["recent_people","Shown among people met","People you shared a session with can see you in their list."],["email_reminders","Reminders by e-mail","A mail when a request waits for you."]];function zi(t){let{settings:e}=t;if(!e)return T(3);let s=async(n,i)=>{let o=await t.run(`settings ${Object.keys(i).join()}`,()=>t.client.call("settings.update",i),"Saved.");o?t.learnSettings(o.settings,o.rev):n instanceof HTMLInputElement?n.checked=!n.checked:n.value=e.invitable_by,t.changed()};return a`<label class="select select-wide">
      <span class="select-label">Who may send me requests</span>
      <select
        @change=${n=>{let i=n.target;s(i,{invitable_by:i.value})}}
      >
        ${Yi.map(([n,i])=>a`<option value=${n} ?selected=${n===e.invitable_by}>${i}</option>`)}
      </select>
    </label>
    ${Ki.map(([n,i,o])=>a`<label class="switch">
        <span class="switch-words"><span>${i}</span><small class="muted">${o}</small></span>
        <input
          type="checkbox"
          role="switch"
          .checked=${e[n]}
          @change=${r=>{let l=r.target;s(l,{[n]:l.checked})}}
        />
      </label>`)}`}var Ji=[["system","As the system"],["light","Light"],["dark","Dark"]];function Gi(t){let{hello:e}=t,s=[["Node",e?.server.node],["Server",e?.server.version],["Device",e?.device_id],["Follows",t.companion?"your headset (companion)":void 0]];return a`<div class="segments" role="group" aria-label="Theme">
      ${Ji.map(([n,i])=>a`<button
          type="button"
          class="segment"
          aria-pressed=${n===Ms()}
          @click=${()=>{Rs(n),t.changed()}}
        >
          ${i}
        </button>`)}
    </div>
    <dl class="facts">
      ${s.map(([n,i])=>i?a`<div><dt>${n}</dt><dd>${i}</dd></div>`:c)}
    </dl>
    ${t.tokens.automatic?c:u({label:"Sign out",icon:"leave"},()=>{t.client.close(),location.reload()})}`}var Qi=[["here","In this session","In session","here"],["connections","Connections","Connections","link"],["invitations","Invitations","Invitations","mail"],["add","Add connection","Add","add"]],Zi={here:sn,connections:Xs,invitations:nn,add:en,sessions:cn,you:dn},hn=t=>t==="sessions"||t==="you"?t:"people",un="here";function mn(t,e){let s=hn(t.route);s==="people"&&(un=t.route);let n=e&&t.focusUser!==void 0;return a`
    <div class="shell" ?inert=${n}>
      <header class="top">
        <div class="brand">${At}<h1>Foyer</h1></div>
        ${Xi(t)}
        <button type="button" class="top-me" @click=${()=>E(t,"you")}>
          ${w(t.me,"s",t.own.invisible?"offline":t.own.status)}
          <span class="visually-hidden">You, ${t.me.name}</span>
        </button>
      </header>
      <nav class="rail" aria-label="Areas">
        ${Et(t,"people","People","people",un)}
        ${Et(t,"sessions","Sessions","door","sessions")} ${Et(t,"you","You","you","you")}
      </nav>
      <main class="list ${s==="people"?"":"list-alone"}">
        ${s==="people"?a`<nav class="tabs" aria-label="People">${Qi.map(i=>eo(t,i))}</nav>`:c}
        <div class="scroll" data-route=${t.route}>
          ${t.hello?Zi[t.route](t):T()}
        </div>
      </main>
      ${e?c:a`<aside class="panel" aria-label="Person">${xt(t)}</aside>`}
    </div>
    ${n?a`<div class="veil" @click=${()=>se(t)}></div>
          <div class="sheet" role="dialog" aria-modal="true" aria-label=${t.focusUser?.name??"Person"}>${xt(t)}</div>`:c}
  `}function Xi(t){let e=t.room.session;return t.status==="offline"||t.draining?a`<p class="state" role="status" data-testid="offline">
      <span class="pulse"></span><span class="clip">${t.draining?"Switching servers\u2026":"Offline, retrying\u2026"}</span>
      ${t.status==="offline"?u({label:"Retry",kind:"plain"},()=>t.client.retryNow()):c}
    </p>`:a`<p class="state" role="status">
    ${e?a`<span class="state-session" dir="auto">${e.name}</span>`:c}
    ${Je(t.hello?.server.node,"The server\u2019s node that this device is on")}
  </p>`}function Et(t,e,s,n,i){let o=hn(t.route)===e;return a`<button
    type="button"
    class="rail-link"
    aria-current=${o?"page":c}
    @click=${()=>E(t,i)}
  >
    ${b(n)}<span>${s}</span>${e==="people"?Tt(t.relations.unseen):c}
  </button>`}function eo(t,[e,s,n,i]){return a`<button
    type="button"
    class="tab"
    aria-current=${t.route===e?"page":c}
    @click=${()=>E(t,e)}
  >
    ${b(i)}<span class="tab-long">${s}</span><span class="tab-short">${n}</span>
    ${e==="invitations"?Tt(t.relations.unseen):c}
  </button>`}function fn(t){let e=t.status==="sign_in";return a`<main class="gate" data-home>
    ${At}
    <h1 class="heading" tabindex="-1">${e?"Sign in to Foyer":"Disconnected"}</h1>
    ${t.closedBecause?a`<p role="alert">${t.closedBecause}</p>`:c}
    ${e?to(t):u({label:"Connect again",kind:"primary"},()=>location.reload())}
  </main>`}function to(t){return a`<form class="gate-form" @submit=${s=>{s.preventDefault();let n=String(new FormData(s.target).get("token")??"").trim();n&&t.signIn(n)}}>
    <label class="field">
      <span>Token</span>
      <textarea name="token" rows="4" required autocomplete="off" spellcheck="false"></textarea>
    </label>
    <p class="muted">The app that brought you here usually signs you in. Otherwise paste the token it gave you.</p>
    <button class="button button-primary"><span>Sign in</span></button>
  </form>`}var so={received:"wants to connect",accepted:"accepted your request",crossed:"is now a connection"};function pn(t){return a`<div class="toasts" role="region" aria-label="New">
    <div role="status" aria-live="polite">
      ${k(t.toasts,({id:e})=>e,e=>no(t,e))}
    </div>
  </div>`}function no(t,{id:e,cause:s,user:n,invitationId:i}){let o=t.busy.has(n.id);return a`<div class="toast" id="toast-${e}" data-testid="toast">
    <button type="button" class="toast-main" @click=${()=>N(t,n)}>
      ${w(n)}
      <span><bdi class="strong">${n.name}</bdi> ${so[s]}</span>
    </button>
    ${s==="received"&&i?a`<span class="toast-answers">
          ${u({label:"Decline",busy:o},()=>ne(t,i,n))}
          ${u({label:"Accept",kind:"primary",busy:o},()=>D(t,i,n))}
        </span>`:c}
    ${u({label:"Dismiss",icon:"close",bare:!0,kind:"plain"},()=>t.dismissToast(e))}
  </div>`}function yn(t){let{notice:e}=t;return a`<div class="notices">
    ${e?a`<div class="notice notice-${e.tone}" role=${e.tone==="error"?"alert":"status"} data-testid="notice">
          <span>${e.text}</span>
          ${u({label:"Dismiss",icon:"close",bare:!0,kind:"plain"},()=>t.tell(void 0))}
        </div>`:c}
  </div>`}var vn=matchMedia("(min-width: 900px)"),gn=1e3,io=12e4,Mt=class extends I{#e;#t;#s=!1;#o;#r;#i;#n=!1;createRenderRoot(){return this}connectedCallback(){super.connectedCallback();let e=new URLSearchParams(location.hash.slice(1));this.#s=e.has("companion"),this.#t=new He(e.get("as")??void 0),this.addEventListener("focusin",s=>this.#m(s.target)),this.addEventListener("keydown",s=>this.#$(s)),addEventListener("hashchange",()=>location.reload()),addEventListener("online",()=>this.#u()),addEventListener("offline",()=>this.#u()),addEventListener("pagehide",()=>this.#c()),document.addEventListener("visibilitychange",()=>{this.#c(),document.visibilityState==="visible"&&this.#u()}),vn.addEventListener("change",()=>this.requestUpdate()),setInterval(()=>this.#p(),30*gn),setInterval(()=>this.#b(),gn),this.#l()}async#l(){let e=await xs(),s=new Be(this.#t,this.#s,e,()=>{Oe(s),this.requestUpdate()});s.signIn=n=>{this.#t.hand(n),this.#l()};for(let n of["hello","session.ended"])s.client.on(n,()=>ge(s));this.#e=s,s.start(),this.requestUpdate()}#c(){let e=this.#e;e?.hello&&e.status!=="closed"&&je(e.client.resume)}render(){let e=this.#e;return e?e.status==="sign_in"||e.status==="closed"?fn(e):a`${mn(e,!vn.matches)} ${pn(e)} ${yn(e)}
      <p class="visually-hidden" role="status" aria-live="polite" data-testid="said">${e.said}</p>
      <dialog aria-labelledby="dialog-title" @cancel=${this.#a} @click=${this.#f}>
        ${zs(e)}
      </dialog>`:c}updated(){this.#h(),this.#v(),this.#d();let e=this.#e?.relations.unseen;document.title=e?`(${e}) Foyer`:"Foyer"}#a=e=>{e.preventDefault(),this.#e&&(this.#e.dialog=void 0),this.requestUpdate()};#f=e=>{e.target instanceof HTMLDialogElement&&this.#a(e)};#h(){let e=this.querySelector("dialog"),s=this.#e?.dialog!==void 0;!e||e.open===s||(s?e.showModal():e.close())}#v(){let e=this.querySelector(".sheet");e&&!this.#i?(this.#i=this.#o??document.body,e.querySelector(".heading")?.focus()):!e&&this.#i&&(this.#i instanceof HTMLElement&&this.#i.isConnected&&this.#i.focus(),this.#i=void 0)}#m(e){this.#o=e,this.#r=e.closest("[data-home]")??void 0}#d(){if(!(document.activeElement===document.body&&this.#o&&!this.#o.isConnected))return;(this.#r?.isConnected?this.#r:this.querySelector("[data-home]"))?.querySelector(".heading")?.focus({preventScroll:!0})}#u(){this.#e&&(this.#e.client.retryNow(),ht(this.#e),Oe(this.#e))}#p(){this.#e&&ge(this.#e),this.#e&&ht(this.#e),this.requestUpdate()}#b(){this.#e?.focus?.actions.some(({retry_at:s})=>s!==void 0&&Date.parse(s)-X()<io)&&this.requestUpdate(),this.#e&&this.#n&&Ge(this.#e)&&mt(this.#e),this.#n=this.#e!==void 0&&Ge(this.#e)}#$(e){let s=this.#e;e.key!=="Escape"||!s?.focusUser||s.dialog||se(s)}};Cs();customElements.define("foyer-app",Mt);
/*! Bundled license information:

@lit/reactive-element/css-tag.js:
  (**
   * @license
   * Copyright 2019 Google LLC
   * SPDX-License-Identifier: BSD-3-Clause
   *)

@lit/reactive-element/reactive-element.js:
lit-html/lit-html.js:
lit-element/lit-element.js:
lit-html/directive.js:
lit-html/directives/repeat.js:
  (**
   * @license
   * Copyright 2017 Google LLC
   * SPDX-License-Identifier: BSD-3-Clause
   *)

lit-html/is-server.js:
  (**
   * @license
   * Copyright 2022 Google LLC
   * SPDX-License-Identifier: BSD-3-Clause
   *)

lit-html/directive-helpers.js:
  (**
   * @license
   * Copyright 2020 Google LLC
   * SPDX-License-Identifier: BSD-3-Clause
   *)
*/
