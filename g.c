#include <dnnl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <omp.h>
static double now(){struct timespec t;clock_gettime(CLOCK_MONOTONIC,&t);return t.tv_sec+t.tv_nsec*1e-9;}
static dnnl_engine_t eng; static dnnl_stream_t st;
typedef struct{dnnl_primitive_t p; dnnl_memory_t a,b,c;} MM;
static MM make(int ta,int tb,int m,int n,int k,float*A,float*B,float*C){
  MM r; dnnl_memory_desc_t da,db,dc; dnnl_dims_t sa={m,k},sb={k,n},sc={m,n};
  dnnl_dims_t stra={ta?1:k,ta?m:1},strb={tb?1:n,tb?k:1},strc={n,1};
  dnnl_memory_desc_init_by_strides(&da,2,sa,dnnl_f32,stra);dnnl_memory_desc_init_by_strides(&db,2,sb,dnnl_f32,strb);dnnl_memory_desc_init_by_strides(&dc,2,sc,dnnl_f32,strc);
  dnnl_matmul_desc_t md; dnnl_matmul_desc_init(&md,&da,&db,NULL,&dc);
  dnnl_primitive_desc_t pd; dnnl_primitive_desc_create(&pd,&md,NULL,eng,NULL);
  const char*s; dnnl_primitive_desc_query(pd,dnnl_query_impl_info_str,0,&s); printf("[%s] ",s);
  dnnl_primitive_create(&r.p,pd);
  dnnl_memory_create(&r.a,&da,eng,A);dnnl_memory_create(&r.b,&db,eng,B);dnnl_memory_create(&r.c,&dc,eng,C);return r;}
int main(int c,char**v){omp_set_num_threads(atoi(v[1]));dnnl_engine_create(&eng,dnnl_cpu,0);dnnl_stream_create(&st,eng,dnnl_stream_default_flags);
 int sz[][2]={{64,64},{128,128},{256,256},{256,512}};
 for(int i=0;i<4;i++){int b=sz[i][0],w=sz[i][1];
  for(int mode=0;mode<3;mode++){ int ta=mode==2,tb=mode==0; int m=mode==2?w:b,n=w,k=mode==2?b:w;
   float*A=aligned_alloc(64,4*m*k),*B=aligned_alloc(64,4*n*k),*C=aligned_alloc(64,4*m*n);
   for(int j=0;j<m*k;j++)A[j]=j%7;for(int j=0;j<n*k;j++)B[j]=j%5;
   int it=2e9/(2.0*m*n*k)+3; double best=1e9,best2=1e9;
   MM p=make(ta,tb,m,n,k,A,B,C);
   for(int r=0;r<6;r++){double t=now();for(int q=0;q<it;q++)dnnl_sgemm(ta?'T':'N',tb?'T':'N',m,n,k,1,A,ta?m:k,B,tb?k:n,0,C,n);t=(now()-t)/it;if(t<best)best=t;
    t=now();for(int q=0;q<it;q++){dnnl_memory_set_data_handle_v2(p.a,A,st);dnnl_memory_set_data_handle_v2(p.b,B,st);dnnl_memory_set_data_handle_v2(p.c,C,st);dnnl_exec_arg_t ar[3]={{DNNL_ARG_SRC,p.a},{DNNL_ARG_WEIGHTS,p.b},{DNNL_ARG_DST,p.c}};dnnl_primitive_execute(p.p,st,3,ar);}t=(now()-t)/it;if(t<best2)best2=t;}
   printf("%dx%d mode%d(%s%s): sgemm %.2f us %.0f GF | prim %.2f us %.0f GF\n",b,w,mode,ta?"T":"N",tb?"T":"N",best*1e6,2e-9*m*n*k/best,best2*1e6,2e-9*m*n*k/best2);
 }}}
